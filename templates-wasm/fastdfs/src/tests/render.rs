//! The objects and files of trackers and storages.
//! It never judges values: `rules.rs` does.

use template_sdk::{Value, json};

use super::{file, rendered};

/// Settings of the tracker.conf that FastDFS comes with, and trust_storage_server_id, which only its sources name.
const TRACKER: &[&str] = &[
    "accept_threads",
    "allow_hosts",
    "base_path",
    "bind_addr",
    "check_active_interval",
    "connect_timeout",
    "connection_pool_max_idle_time",
    "disabled",
    "download_server",
    "error_log_rotate_time",
    "id_type_in_filename",
    "log_file_keep_days",
    "log_level",
    "max_connections",
    "network_timeout",
    "port",
    "reserved_storage_space",
    "rotate_error_log",
    "rotate_error_log_size",
    "run_by_group",
    "run_by_user",
    "slot_max_size",
    "slot_min_size",
    "storage_ids_filename",
    "storage_ip_changed_auto_adjust",
    "storage_sync_file_max_delay",
    "storage_sync_file_max_time",
    "store_group",
    "store_lookup",
    "store_path",
    "store_server",
    "store_slave_file_use_link",
    "sync_log_buff_interval",
    "thread_stack_size",
    "trunk_file_size",
    "trust_storage_server_id",
    "use_connection_pool",
    "use_storage_id",
    "use_trunk_file",
    "work_threads",
];

/// Settings of the storage.conf that FastDFS 6.11 comes with.
const STORAGE: &[&str] = &[
    "accept_threads",
    "address_family",
    "allow_hosts",
    "base_path",
    "bind_addr",
    "buff_size",
    "check_file_duplicate",
    "check_store_path_mark",
    "client_bind",
    "compress_binlog",
    "compress_binlog_time",
    "connect_timeout",
    "connection_pool_max_idle_time",
    "disabled",
    "disk_reader_threads",
    "disk_recovery_threads",
    "disk_rw_separated",
    "disk_writer_threads",
    "file_distribute_path_mode",
    "file_distribute_rotate_count",
    "fsync_after_written_bytes",
    "group_name",
    "heart_beat_interval",
    "if_alias_prefix",
    "log_file_keep_days",
    "log_level",
    "max_connections",
    "network_timeout",
    "port",
    "rotate_error_log",
    "run_by_group",
    "run_by_user",
    "server_id",
    "stat_report_interval",
    "store_path0",
    "store_path_count",
    "subdir_count_per_path",
    "sync_binlog_buff_interval",
    "sync_end_time",
    "sync_interval",
    "sync_log_buff_interval",
    "sync_start_time",
    "sync_stat_file_interval",
    "sync_wait_msec",
    "thread_stack_size",
    "tracker_server",
    "upload_priority",
    "use_access_log",
    "use_connection_pool",
    "work_threads",
];

/// Settings that may stand more than once.
const REPEATED: [&str; 2] = ["allow_hosts", "tracker_server"];

fn parse(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pair = |line: &str| {
        let (key, value) = line.split_once('=').unwrap();
        (key.trim().to_owned(), value.trim().to_owned())
    };
    lines.map(pair).collect()
}

fn value<'a>(settings: &'a [(String, String)], key: &str) -> &'a str {
    settings.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
}

#[test]
fn configuration_has_only_known_settings_each_once() {
    let values = json!({"storeLookup": 1, "storeGroup": "group1", "allowHosts": ["10.0.0.0/8", "192.168.1.1"]});
    for (name, known) in [("tracker.conf", TRACKER), ("storage-group1.conf", STORAGE)] {
        let settings = parse(&file(values.clone(), name));
        for (index, (key, _)) in settings.iter().enumerate() {
            assert!(known.contains(&key.as_str()), "{name}: {key}");
            let again = settings[..index].iter().any(|(other, _)| other == key);
            assert!(!again || REPEATED.contains(&key.as_str()), "{name}: {key} twice");
        }
    }
}

#[test]
fn storages_are_known_by_number_and_by_a_name_that_stays() {
    let groups = json!({"groups": [{"name": "photos", "replicas": 2}, {"name": "videos", "replicas": 1}]});
    let ids = file(groups.clone(), "storage_ids.conf");
    let lines: Vec<&str> = ids.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        lines,
        [
            "100001 photos demo-photos-0.prod.svc.cluster.local",
            "100002 photos demo-photos-1.prod.svc.cluster.local",
            "101001 videos demo-videos-0.prod.svc.cluster.local",
        ]
    );
    let tracker = parse(&file(groups.clone(), "tracker.conf"));
    for (key, wanted) in
        [("use_storage_id", "true"), ("trust_storage_server_id", "true"), ("id_type_in_filename", "id")]
    {
        assert_eq!(value(&tracker, key), wanted, "{key}");
    }
    assert_eq!(value(&parse(&file(groups.clone(), "storage-videos.conf")), "group_name"), "videos");
    let rendered = rendered(groups);
    for pod in ["demo-photos-0", "demo-photos-1", "demo-videos-0", "demo-tracker-1"] {
        let service = rendered.find("Service", pod).unwrap();
        assert_eq!(service["spec"]["selector"]["statefulset.kubernetes.io/pod-name"], pod);
    }
    let command = &rendered.find("StatefulSet", "demo-videos").unwrap()["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(command["command"].as_array().unwrap().last().unwrap(), "101001");
}

#[test]
fn trackers_restart_before_storages() {
    let rendered = rendered(json!({}));
    let stage = |id: &str| rendered.objects.iter().find(|object| object.id == id).unwrap().stage;
    assert!(stage("configmap/config") < stage("statefulset/tracker"));
    assert!(stage("statefulset/tracker") < stage("statefulset/group1"));
    let sum = |name: &str| {
        let set = rendered.find("StatefulSet", name).unwrap();
        set["spec"]["template"]["metadata"]["annotations"]["checksum/config"].clone()
    };
    assert!(sum("demo-tracker").is_string());
    assert_eq!(sum("demo-tracker"), sum("demo-group1"));
}

#[test]
fn every_server_names_every_tracker() {
    let settings = parse(&file(json!({"trackers": 3}), "storage-group1.conf"));
    let trackers: Vec<&str> =
        settings.iter().filter(|(key, _)| key == "tracker_server").map(|(_, value)| value.as_str()).collect();
    assert_eq!(trackers.len(), 3);
    assert_eq!(trackers[2], "demo-tracker-2.prod.svc.cluster.local:22122");
    let output = rendered(json!({"trackers": 2})).outputs[0].value().clone();
    assert_eq!(output["trackers"], "demo-tracker-0.prod.svc:22122,demo-tracker-1.prod.svc:22122");
    assert_eq!(output["type"], "fastdfs");
}

#[test]
fn connections_and_volumes_follow_the_size_unless_given() {
    let connections = |values: Value| value(&parse(&file(values, "storage-group1.conf")), "max_connections").to_owned();
    assert_eq!(connections(json!({})), "1024");
    assert_eq!(connections(json!({"size": "large"})), "8192");
    assert_eq!(connections(json!({"maxConnections": 300})), "300");
    let rendered = rendered(json!({"groups": [{"name": "a"}, {"name": "b", "storageSize": "9Gi"}]}));
    let claim = |name: &str| {
        let set = rendered.find("StatefulSet", name).unwrap();
        set["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"].clone()
    };
    assert_eq!((claim("demo-a"), claim("demo-b"), claim("demo-tracker")), (json!("50Gi"), json!("9Gi"), json!("1Gi")));
}

#[test]
fn only_pods_that_may_get_in_and_one_copy_has_no_budget() {
    let rendered = rendered(json!({
        "networkPolicy": {"mode": "labelled"}, "trackers": 1, "groups": [{"name": "a", "replicas": 1}],
    }));
    let policy = rendered.find("NetworkPolicy", "demo-a").unwrap();
    assert_eq!(policy["spec"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"]["demo-client"], "true");
    assert!(rendered.find("PodDisruptionBudget", "demo-a").is_none());
    assert!(rendered.notes.contains("demo-client") && rendered.notes.contains("beta"));
}
