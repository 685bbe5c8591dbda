//! Memory, disk and CPU amounts as exact numbers: `500m`, `1Gi`, `1.5`.
//! It never goes through floating point, so a derived setting is the same on every machine.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const NANO: u128 = 1_000_000_000;
const BINARY: [(&str, u32); 6] = [("Ei", 6), ("Pi", 5), ("Ti", 4), ("Gi", 3), ("Mi", 2), ("Ki", 1)];
const DECIMAL: [(&str, u32); 6] = [("E", 6), ("P", 5), ("T", 4), ("G", 3), ("M", 2), ("k", 1)];

/// An exact amount that is not negative.
///
/// ```
/// use template_sdk::Quantity;
/// let limit: Quantity = "1Gi".parse()?;
/// assert_eq!(limit.percent(65).bytes(), 697_932_185);
/// assert_eq!(limit.times(5, 2).to_string(), "2560Mi");
/// assert_eq!("0.5".parse::<Quantity>()?.to_string(), "500m");
/// assert!("1Gi".parse::<Quantity>()? == "1024Mi".parse()?);
/// assert_eq!(limit.minus(Quantity::from_bytes(1)).ceil_mib(), limit);
/// assert_eq!(limit.plus(Quantity::from_mib(1)).ceil_gib().mib(), 2048);
/// assert_eq!(Quantity::from_millis(1500).millis(), 1500);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    nano: u128,
    binary: bool,
}

impl Quantity {
    /// Returns this many bytes, written with binary suffixes.
    pub fn from_bytes(bytes: u64) -> Self {
        Self { nano: u128::from(bytes) * NANO, binary: true }
    }

    /// Returns this many MiB.
    pub fn from_mib(mib: u64) -> Self {
        Self::from_bytes(mib.saturating_mul(1 << 20))
    }

    /// Returns this many thousandths of a CPU.
    pub fn from_millis(millis: u64) -> Self {
        Self { nano: u128::from(millis) * (NANO / 1000), binary: false }
    }

    /// The amount in whole units, rounded down: bytes of memory.
    pub fn bytes(self) -> u64 {
        u64::try_from(self.nano / NANO).unwrap_or(u64::MAX)
    }

    /// The amount in whole MiB, rounded down.
    pub fn mib(self) -> u64 {
        self.bytes() >> 20
    }

    /// The amount in thousandths, rounded up: CPU as the API server counts it.
    pub fn millis(self) -> u64 {
        u64::try_from(self.nano.div_ceil(NANO / 1000)).unwrap_or(u64::MAX)
    }

    /// That many per cent of the amount, rounded down to whole units.
    pub fn percent(self, percent: u64) -> Self {
        self.times(percent, 100)
    }

    /// The amount multiplied by a fraction, rounded down to whole units.
    pub fn times(self, numerator: u64, denominator: u64) -> Self {
        let scaled = self.nano.saturating_mul(u128::from(numerator)) / u128::from(denominator.max(1));
        Self { nano: scaled / NANO * NANO, binary: self.binary }
    }

    /// The amount rounded up to whole MiB.
    pub fn ceil_mib(self) -> Self {
        Self::from_mib(self.bytes().div_ceil(1 << 20))
    }

    /// The amount rounded up to whole GiB.
    pub fn ceil_gib(self) -> Self {
        Self::from_mib(self.bytes().div_ceil(1 << 30) << 10)
    }

    /// The difference, zero when the other is larger.
    pub fn minus(self, other: Self) -> Self {
        Self { nano: self.nano.saturating_sub(other.nano), binary: self.binary }
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Self {
        Self { nano: self.nano.saturating_add(other.nano), binary: self.binary }
    }
}

impl FromStr for Quantity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text).ok_or_else(|| format!("`{text}` is not a quantity such as 500m, 2 or 1Gi"))
    }
}

fn parse(text: &str) -> Option<Quantity> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || number.ends_with('.') {
        return None;
    }
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    let shift = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let (top, bottom, binary) = scale(suffix)?;
    let nano = digits.checked_mul(NANO)?.checked_mul(top)?.div_ceil(shift.checked_mul(bottom)?);
    Some(Quantity { nano, binary })
}

fn scale(suffix: &str) -> Option<(u128, u128, bool)> {
    if suffix.is_empty() {
        return Some((1, 1, false));
    }
    if suffix == "m" {
        return Some((1, 1000, false));
    }
    let find = |list: &[(&str, u32)]| list.iter().find(|(name, _)| *name == suffix).map(|(_, power)| *power);
    let binary = find(&BINARY).map(|power| (1024_u128.pow(power), 1, true));
    binary.or_else(|| find(&DECIMAL).map(|power| (1000_u128.pow(power), 1, false)))
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.nano.is_multiple_of(NANO) {
            return write!(f, "{}m", self.nano.div_ceil(NANO / 1000));
        }
        let units = self.nano / NANO;
        let (base, list) = if self.binary { (1024_u128, &BINARY) } else { (1000, &DECIMAL) };
        let best = list.iter().find(|(_, power)| units != 0 && units.is_multiple_of(base.pow(*power)));
        match best {
            Some((suffix, power)) => write!(f, "{}{suffix}", units / base.pow(*power)),
            None => write!(f, "{units}"),
        }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nano == other.nano
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.nano.cmp(&other.nano)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A bare number is refused by the type: 512 megabytes or 512 bytes is not ours to guess.
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    #[test]
    fn equal_amounts_are_equal_whatever_their_text() {
        assert_eq!(quantity("1Gi"), quantity("1024Mi"));
        assert_eq!(quantity("0.1"), quantity("100m"));
        assert!(quantity("1G") < quantity("1Gi"));
        assert_eq!(quantity("1.5Gi").to_string(), "1536Mi");
        assert_eq!(quantity("2000m").to_string(), "2");
    }

    #[test]
    fn derived_amounts_round_down_to_whole_units() {
        assert_eq!(quantity("256Mi").percent(65).bytes(), 174_483_046);
        assert_eq!(quantity("1").times(1, 3).bytes(), 0);
        assert_eq!(quantity("1Gi").minus(quantity("2Gi")).bytes(), 0);
        assert_eq!(quantity("1025Mi").ceil_gib().to_string(), "2Gi");
    }

    #[test]
    fn junk_and_bare_numbers_are_refused() {
        for text in ["", "Gi", "1.", ".5", "1.2.3", "-1Gi", "1gi", "1 Gi", "99999999999999999999999999999999999999Ei"] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
        assert!(serde_json::from_str::<Quantity>("512").is_err());
    }
}
