//! Kubernetes quantities as exact numbers: `500m`, `1Gi`, `1.5`, `2e3`.
//! It never goes through floating point, so equal amounts always compare equal.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

const NANO: i128 = 1_000_000_000;

/// The text is not a quantity.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not a quantity such as 500m, 2 or 1Gi")]
pub struct QuantityError(String);

/// An exact amount in units of 10⁻⁹.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    nano: i128,
    suffix: Suffix,
}

/// Which family of suffixes the text was written in; the canonical form stays in the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Suffix {
    Decimal,
    Binary,
    Exponent,
}

impl Quantity {
    /// The amount in units of 10⁻⁹.
    pub fn nano(self) -> i128 {
        self.nano
    }

    /// Both amounts together, in the form of this one.
    pub fn plus(self, other: Self) -> Self {
        Self { nano: self.nano.saturating_add(other.nano), ..self }
    }

    /// The same amount in the form the API server stores: the largest suffix without a fraction
    /// (apimachinery `resource.Quantity.CanonicalizeBytes`).
    pub fn canonical(self) -> String {
        match self.suffix {
            Suffix::Binary if self.nano % NANO == 0 => binary(self.nano / NANO),
            Suffix::Exponent => exponent(self.nano),
            // apimachinery falls back to decimal suffixes when a binary amount has a fraction or is below 1024.
            Suffix::Binary | Suffix::Decimal => decimal(self.nano),
        }
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| QuantityError(text.to_owned()))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical())
    }
}

fn parse(text: &str) -> Option<Quantity> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let (numerator, denominator, family) = scale(suffix)?;
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let shift = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let top = digits.checked_mul(NANO)?.checked_mul(numerator)?;
    let bottom = shift.checked_mul(denominator)?;
    // Amounts finer than a nano are rounded up, as apimachinery does.
    let nano = top / bottom + i128::from(top % bottom != 0);
    Some(Quantity { nano: if negative { -nano } else { nano }, suffix: family })
}

fn scale(suffix: &str) -> Option<(i128, i128, Suffix)> {
    let binary = |power: u32| Some((1024_i128.pow(power), 1, Suffix::Binary));
    let decimal = |power: u32| Some((1000_i128.pow(power), 1, Suffix::Decimal));
    match suffix {
        "n" => Some((1, NANO, Suffix::Decimal)),
        "u" => Some((1, 1_000_000, Suffix::Decimal)),
        "m" => Some((1, 1_000, Suffix::Decimal)),
        "" => decimal(0),
        "k" => decimal(1),
        "M" => decimal(2),
        "G" => decimal(3),
        "T" => decimal(4),
        "P" => decimal(5),
        "E" => decimal(6),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => {
            let power: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let size = 10_i128.checked_pow(power.unsigned_abs())?;
            Some(if power < 0 { (1, size, Suffix::Exponent) } else { (size, 1, Suffix::Exponent) })
        }
    }
}

fn binary(units: i128) -> String {
    const SUFFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let mut amount = units;
    let mut power = 0;
    while amount != 0 && amount % 1024 == 0 && power < 6 {
        amount /= 1024;
        power += 1;
    }
    format!("{amount}{}", SUFFIXES[power])
}

fn decimal(nano: i128) -> String {
    const SUFFIXES: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    if nano == 0 {
        return "0".to_owned();
    }
    let mut amount = nano;
    let mut power = 0;
    while amount % 1000 == 0 && power < 9 {
        amount /= 1000;
        power += 1;
    }
    format!("{amount}{}", SUFFIXES[power])
}

fn exponent(nano: i128) -> String {
    let mut amount = nano;
    let mut power = -9;
    while amount != 0 && amount % 1000 == 0 {
        amount /= 1000;
        power += 3;
    }
    if power == 0 || amount == 0 { amount.to_string() } else { format!("{amount}e{power}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms_are_the_servers() {
        for (text, canonical) in [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("1536Mi", "1536Mi"),
            ("1.5Gi", "1536Mi"),
            ("0", "0"),
            ("100", "100"),
            ("1000", "1k"),
            ("1e3", "1e3"),
            ("9Ei", "9Ei"),
            ("1.5E", "1500P"),
            ("0.1Ki", "102400m"),
        ] {
            assert_eq!(text.parse::<Quantity>().unwrap().canonical(), canonical, "{text}");
        }
    }

    #[test]
    fn equal_amounts_compare_equal_across_forms() {
        let nano = |text: &str| text.parse::<Quantity>().unwrap().nano();
        assert_eq!(nano("1Gi"), nano("1073741824"));
        assert!(nano("1G") < nano("1Gi"));
    }

    #[test]
    fn amounts_add_up_in_the_form_of_the_first() {
        let sum = |one: &str, other: &str| one.parse::<Quantity>().unwrap().plus(other.parse().unwrap()).canonical();
        assert_eq!((sum("500m", "1").as_str(), sum("512Mi", "512Mi").as_str()), ("1500m", "1Gi"));
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["", "1gi", "Gi", "1 Gi", "1..5", "abc", "1e", "--1"] {
            assert!(bad.parse::<Quantity>().is_err(), "{bad}");
        }
    }
}
