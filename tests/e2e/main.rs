//! The whole path on a real control plane: every command through the built binary, every effect read from the cluster.
//! `real` needs no cluster; everything else shares one that ends with this process.

mod bad_input;
mod canary;
mod components;
mod damage;
mod delete;
mod doctor;
mod documents;
mod failure_policy;
mod faults;
mod interrupted;
mod locks;
mod main_job;
mod ownership;
mod passwords;
mod planning;
mod properties;
mod real;
mod records;
mod refusal;
mod resume;
mod rights;
mod rollback;
mod saved_plans;
mod secrecy;
mod secrets;
mod server_accepts;
mod stage;
mod steps;
mod stopping;
mod telling;
mod tenant;
mod terminal_text;
mod truth;
mod waiting;
