//! The cache of compiled code, damaged in every way: what is not ours to the byte is compiled again, and the answer is
//! always the right one.
//! Nothing here looks inside the cache's format beyond its header.

use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use kubectl_ku8::render::child::SUBCOMMAND;
use kubectl_ku8::render::{Isolation, Limits, Origin, RenderError, Rendered, Runtime, Settings, render};

use super::super::guest::{Guest, service};
use super::{Chance, GOOD, Watched, full, load_and_render, request, with};

/// Bytes before the code: a name and a sum.
const HEADER: usize = 40;

/// A cache with the good template in it.
struct Cache {
    home: tempfile::TempDir,
    entry: PathBuf,
    sound: Vec<u8>,
    expected: Rendered,
}

impl Cache {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let expected = through(home.path(), &GOOD);
        let entry = entries(home.path()).remove(0);
        let sound = std::fs::read(&entry).unwrap();
        Self { home, entry, sound, expected }
    }

    /// Renders with whatever lies in the cache now, and says whether it was put right.
    fn survives(&self, what: &str) -> bool {
        assert_eq!(through(self.home.path(), &GOOD), self.expected, "{what}");
        std::fs::read(&self.entry).is_ok_and(|content| content == self.sound)
    }

    fn heals(&self, what: &str) {
        assert!(self.survives(what), "{what}: the entry was not written again");
    }

    fn put(&self, content: &[u8]) {
        std::fs::write(&self.entry, content).unwrap();
    }

    fn folder(&self) -> &Path {
        self.entry.parent().unwrap()
    }
}

/// What a runtime answers that has compiled nothing yet.
fn through(home: &Path, bytes: &[u8]) -> Rendered {
    let settings = Settings { limits: Limits::default(), cache: Some(home.to_owned()), foreign: Isolation::InProcess };
    load_and_render(&Runtime::new(settings).unwrap(), bytes).unwrap()
}

fn entries(home: &Path) -> Vec<PathBuf> {
    let below = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    below(home).iter().flat_map(|folder| below(folder)).collect()
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn damaged_entries_are_compiled_again() {
    let cache = Cache::new();
    let length = cache.sound.len();
    let (code, steps) = (length - HEADER, if full() { 400 } else { 40 });
    // Each byte of the header, and places all over the code: its first, its last, and those between.
    let places = (0..HEADER).chain((0..steps).map(|step| HEADER + step * (code - 1) / (steps - 1)));
    let mut flips = 0;
    for place in places {
        let mut flipped = cache.sound.clone();
        flipped[place] ^= 1 << (place % 8);
        cache.put(&flipped);
        cache.heals(&format!("bit flipped at {place}"));
        flips += 1;
    }
    for step in 0..50 {
        cache.put(&cache.sound[..step * length / 50]);
        cache.heals(&format!("cut off after {step} of 50"));
    }
    cache.put(&[&cache.sound[..], b"x"].concat());
    cache.heals("one byte more");
    cache.put(&vec![0; length]);
    cache.heals("zeros");
    println!("cache: {flips} flipped bits, 50 lengths, 0 wrong answers");
}

#[test]
fn entries_of_others_are_not_believed() {
    let cache = Cache::new();
    let other = with(|g| g.objects = vec![("a".into(), 0, service("evil"))]).bytes();
    let before = entries(cache.home.path());
    through(cache.home.path(), &other);
    let others = entries(cache.home.path()).into_iter().find(|path| !before.contains(path)).unwrap();
    cache.put(&std::fs::read(&others).unwrap());
    cache.heals("another component's entry");

    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy");
    std::fs::write(&copy, &cache.sound).unwrap();
    std::fs::remove_file(&cache.entry).unwrap();
    symlink(&copy, &cache.entry).unwrap();
    cache.heals("a link to a sound entry");
    assert!(cache.entry.symlink_metadata().unwrap().is_file(), "the link was replaced");

    for wrong in [0o666, 0o620, 0o602] {
        mode(&cache.entry, wrong);
        cache.heals(&format!("an entry of mode {wrong:o}"));
        assert_eq!(cache.entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    for wrong in [0o777, 0o770] {
        mode(cache.folder(), wrong);
        cache.put(b"planted");
        assert!(!cache.survives("a folder others may write"), "nothing is kept where others may write");
        mode(cache.folder(), 0o700);
        cache.heals("the folder's mode again");
    }
    // Only root can give files away.
    if chown(&cache.entry, Some(65_534), None).is_ok() {
        cache.heals("an entry of another user");
        chown(cache.folder(), Some(65_534), None).unwrap();
        cache.put(b"planted");
        assert!(!cache.survives("a folder of another user"));
        chown(cache.folder(), Some(rustix::process::geteuid().as_raw()), None).unwrap();
        cache.heals("the folder's owner again");
    } else {
        eprintln!("SKIPPED files of another user: only root can make them");
    }
}

#[test]
fn what_is_no_file_is_no_entry() {
    let cache = Cache::new();
    std::fs::remove_file(&cache.entry).unwrap();
    std::fs::create_dir(&cache.entry).unwrap();
    assert!(!cache.survives("a folder where the entry should be"));
    std::fs::remove_dir(&cache.entry).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&cache.entry).status().unwrap();
    assert!(made.success());
    cache.heals("a pipe nobody writes to");
    std::fs::remove_file(&cache.entry).unwrap();
    symlink("/dev/zero", &cache.entry).unwrap();
    cache.heals("a link to /dev/zero");
    // The whole folder, and the cache itself.
    let moved = cache.home.path().join("moved");
    std::fs::rename(cache.folder(), &moved).unwrap();
    symlink(&moved, cache.folder()).unwrap();
    std::fs::write(moved.join(cache.entry.file_name().unwrap()), b"planted").unwrap();
    assert!(!cache.survives("a link to a folder"));
    for nowhere in ["/proc/nowhere", "/dev/null", "/nonexistent/\u{7f}/x"] {
        assert_eq!(through(Path::new(nowhere), &GOOD), cache.expected);
    }
    // What a writer that was stopped left behind does not keep the next from writing.
    let cache = Cache::new();
    let digest = cache.entry.file_stem().unwrap().to_str().unwrap().to_owned();
    std::fs::remove_file(&cache.entry).unwrap();
    std::fs::write(cache.folder().join(format!(".{digest}.{}", std::process::id())), b"half").unwrap();
    cache.heals("half an entry of this very process");
    assert_eq!(entries(cache.home.path()).len(), 1);
}

#[test]
fn eight_processes_write_at_once() {
    let children = Watched::new();
    let home = tempfile::tempdir().unwrap();
    let expected = Cache::new().expected;
    let rounds = if full() { 20 } else { 3 };
    for round in 0..rounds {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writers: Vec<_> =
                (0..8).map(|_| scope.spawn(|| load_and_render(&children.runtime(Some(home.path())), &GOOD))).collect();
            // Someone who damages what is there, in place, while it is read: in all rounds but the first.
            let vandal = scope.spawn(|| {
                let mut chance = Chance::new(round);
                while round > 0 && !done.load(Ordering::Relaxed) {
                    for entry in entries(home.path()) {
                        let Ok(mut content) = std::fs::read(&entry) else { continue };
                        let place = chance.below(content.len());
                        content.get_mut(place).into_iter().for_each(|byte| *byte ^= 1);
                        let _ = std::fs::write(&entry, content);
                    }
                    std::thread::yield_now();
                }
            });
            let answers: Vec<_> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
            done.store(true, Ordering::Relaxed);
            vandal.join().unwrap();
            for answer in answers {
                assert_eq!(answer.as_ref(), Ok(&expected));
            }
        });
        if round == 0 {
            let left = entries(home.path());
            assert!(left.len() == 1 && left[0].extension().is_some_and(|word| word == "cwasm"), "{left:?}");
        }
    }
    println!("cache: {rounds} rounds of 8 processes at once, {} answers, 0 wrong", rounds * 8);
}

#[test]
fn a_full_disk_is_no_error() {
    let home = tempfile::tempdir().unwrap();
    // A file system of its own for the child, with room for a tenth of an entry.
    let small = format!("unshare -m sh -c 'mount -t tmpfs -o size=16k,mode=700 none \"{}\" && ", home.path().display());
    let works = std::process::Command::new("sh").args(["-c", &format!("{small} true' 2>/dev/null")]).status();
    if !works.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED a full disk: a file system can only be mounted by root");
        return;
    }
    let full = Watched::running(&format!("exec {small} exec {} {SUBCOMMAND}'", env!("CARGO_BIN_EXE_kubectl-ku8")));
    let answer = load_and_render(&full.runtime(Some(home.path())), &GOOD).unwrap();
    assert_eq!(answer, Cache::new().expected);
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "it was written elsewhere");
}

#[test]
fn compiled_code_is_no_template_wherever_it_comes_from() {
    let cache = Cache::new();
    for origin in [Origin::File("a.cwasm".into()), Origin::Cluster, Origin::Registry("oci://host/a:1".into())] {
        for bytes in [&cache.sound[..], &cache.sound[HEADER..]] {
            let error = super::super::RUNTIME.load(bytes.to_vec(), origin.clone()).unwrap_err();
            assert_eq!(error, RenderError::CompiledCode, "{origin}");
        }
    }
    // Nor does a component smuggle it in as a section: nothing reads those.
    let carried = [&GOOD[..], &super::bombs::section(0, &[&[1, b'x'][..], &cache.sound].concat())].concat();
    assert_eq!(through(cache.home.path(), &carried), cache.expected);
    let template = super::super::load(Guest::default().bytes()).unwrap();
    assert_eq!(render(&super::super::RUNTIME, &template, &request(), &[]).unwrap(), cache.expected);
}
