//! Runs one command and takes its time, or the most memory it held; many runs become a median and quartiles.
//! It never measures two commands at once, and a command that fails ends the benchmark.

use std::fs::File;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;

/// Times of one kind of work, in milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// One time taken elsewhere.
    pub(crate) fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut samples = Self::default();
        times.into_iter().for_each(|time| samples.add(time));
        samples
    }

    /// Adds one time and keeps the order.
    pub(crate) fn add(&mut self, time: Duration) {
        let milliseconds = time.as_secs_f64() * 1e3;
        let place = self.0.partition_point(|other| *other < milliseconds);
        self.0.insert(place, milliseconds);
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The middle one.
    pub(crate) fn median(&self) -> f64 {
        self.0.get(self.last() / 2).copied().unwrap_or(f64::NAN)
    }

    /// At most a quarter of the times are below the first, at most a quarter above the second.
    pub(crate) fn quartiles(&self) -> (f64, f64) {
        let at = |place: usize| self.0.get(place).copied().unwrap_or(f64::NAN);
        (at(self.last() / 4), at((self.last() * 3).div_ceil(4)))
    }

    fn last(&self) -> usize {
        self.0.len().saturating_sub(1)
    }
}

/// A command to measure, and the exit codes that mean it did its work.
pub(crate) struct Work {
    command: Command,
    codes: &'static [i32],
}

impl Work {
    /// Work that ends with exit code 0.
    pub(crate) fn new(command: Command) -> Self {
        Self { command, codes: &[0] }
    }

    /// `kubectl diff` says with 1 that it found what it was to find.
    pub(crate) fn with_differences(command: Command) -> Self {
        Self { command, codes: &[1] }
    }

    /// Runs it with its output read to the end, as a person's pipe would, and returns the time from start to exit.
    pub(crate) fn time(mut self) -> Result<Duration, Error> {
        self.command.stdin(Stdio::null());
        let started = Instant::now();
        let output = self.command.output().map_err(|error| format!("could not run {:?}: {error}", self.command))?;
        let time = started.elapsed();
        if output.status.code().is_some_and(|code| self.codes.contains(&code)) {
            return Ok(time);
        }
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let tail: Vec<&str> = said.lines().rev().take(15).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        Err(format!("{} ended with {}:\n{}", self.name(), output.status, tail.join("\n")).into())
    }

    /// Runs it and returns the most memory it held, in KiB; `None` where the system does not tell.
    pub(crate) fn peak_memory(mut self) -> Result<Option<u64>, Error> {
        let output = tempfile::tempfile()?;
        self.command.stdin(Stdio::null()).stdout(File::try_clone(&output)?).stderr(output);
        let mut child = self.command.spawn()?;
        let status = format!("/proc/{}/status", child.id());
        let mut most = None;
        loop {
            // The high-water mark only grows, so the last one read before the end misses a millisecond at most.
            most = most.max(high_water(&status));
            if let Some(code) = child.try_wait()? {
                let done = code.code().is_some_and(|code| self.codes.contains(&code));
                return if done { Ok(most) } else { Err(format!("{} ended with {code}", self.name()).into()) };
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn name(&self) -> String {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }
}

/// `VmHWM` of a process, in KiB.
fn high_water(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Runs several kinds of work in turn, so that a busy moment falls on all of them; the first round only warms up.
pub(crate) fn in_turn<const N: usize>(
    runs: usize,
    mut works: [&mut dyn FnMut(usize) -> Result<Duration, Error>; N],
) -> Result<[Samples; N], Error> {
    let mut samples = std::array::from_fn(|_| Samples::default());
    for run in 0..=runs {
        for (work, samples) in works.iter_mut().zip(&mut samples) {
            let time = work(run)?;
            if run > 0 {
                samples.add(time);
            }
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        let samples = Samples::of([5, 1, 4, 2, 3].map(Duration::from_millis));
        assert!((samples.median() - 3.0).abs() < 1e-9);
        let (low, high) = samples.quartiles();
        assert!((low - 2.0).abs() < 1e-9 && (high - 4.0).abs() < 1e-9);
    }

    #[test]
    fn a_command_that_fails_is_an_error_with_its_last_words() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no; exit 3"]);
        let error = Work::new(command).time().unwrap_err().to_string();
        assert!(error.contains('3') && error.ends_with("no"), "{error}");
    }
}
