//! Public keys: read strictly from PEM, and asked whether they made a signature.
//! It never accepts a private key, never repeats what it was given, and never tries an algorithm a key is not for.

use std::fmt;

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256,
    UnparsedPublicKey, VerificationAlgorithm,
};

use super::{TrustError, base64};

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";
/// Bytes of the longest key that is read: RSA with 8192 bits and some room.
const MAX_BYTES: usize = 2048;

/// What stands before the key itself in a SubjectPublicKeyInfo, whole: DER has one form, and these have no options.
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
const P384: &[u8] = &[
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
    0x22, 0x03, 0x62, 0x00, 0x04,
];
const ED: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Object identifier and NULL of rsaEncryption.
const RSA: &[u8] = &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// Kinds of keys; each has its algorithms and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    P256,
    P384,
    Ed25519,
    Rsa,
}

/// A public key that signatures are checked with.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: Kind,
    /// The bytes the verifier takes: a point, or an RSAPublicKey.
    bytes: Vec<u8>,
    fingerprint: String,
}

impl PublicKey {
    /// Reads one key of the form `-----BEGIN PUBLIC KEY-----`: ECDSA on P-256 or P-384, Ed25519, or RSA with 2048 to
    /// 8192 bits. `name` is how messages call it.
    ///
    /// # Errors
    /// Any other text. A private key is refused without a word of it being repeated.
    pub fn from_pem(name: &str, pem: &str) -> Result<Self, TrustError> {
        let refused = |reason: &str| TrustError::Key { name: name.to_owned(), reason: reason.to_owned() };
        let pem = pem.trim();
        if pem.contains("PRIVATE KEY") {
            return Err(refused("this is a private key, which belongs to whoever signs and to nobody else"));
        }
        let body = pem.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)).ok_or_else(|| {
            refused(if pem.contains("BEGIN CERTIFICATE") {
                "this is a certificate, not a public key"
            } else {
                "not one PEM block that begins with -----BEGIN PUBLIC KEY----- and ends with -----END PUBLIC KEY-----"
            })
        })?;
        let joined: String = body.lines().map(str::trim).collect();
        let der = base64::decode(&joined, MAX_BYTES).ok_or_else(|| refused("what stands in it is not Base64"))?;
        let (kind, bytes) = spki(&der).map_err(refused)?;
        Ok(Self { kind, bytes: bytes.to_vec(), fingerprint: sha256(&der) })
    }

    /// `sha256:` and the digest of the key's DER form in hexadecimal:
    /// `openssl pkey -pubin -in KEY.pem -outform DER | sha256sum` prints the same.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The fingerprint's beginning, for people.
    pub fn short(&self) -> &str {
        &self.fingerprint[.."sha256:".len() + 12]
    }

    /// What the key is, as `ECDSA P-256`.
    pub fn algorithm(&self) -> &'static str {
        match self.kind {
            Kind::P256 => "ECDSA P-256",
            Kind::P384 => "ECDSA P-384",
            Kind::Ed25519 => "Ed25519",
            Kind::Rsa => "RSA",
        }
    }

    pub(super) fn is_ed25519(&self) -> bool {
        self.kind == Kind::Ed25519
    }

    /// Says whether this key signed these bytes.
    pub(super) fn made(&self, signature: &[u8], bytes: &[u8]) -> bool {
        let algorithms: &[&'static dyn VerificationAlgorithm] = match self.kind {
            Kind::P256 => &[&ECDSA_P256_SHA256_ASN1],
            // Signers differ in the digest they use with this curve.
            Kind::P384 => &[&ECDSA_P384_SHA384_ASN1, &ECDSA_P384_SHA256_ASN1],
            Kind::Ed25519 => &[&ED25519],
            Kind::Rsa => &[&RSA_PKCS1_2048_8192_SHA256],
        };
        algorithms
            .iter()
            .any(|algorithm| UnparsedPublicKey::new(*algorithm, &self.bytes).verify(bytes, signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {})", self.algorithm(), self.fingerprint)
    }
}

/// Takes a SubjectPublicKeyInfo apart.
fn spki(der: &[u8]) -> Result<(Kind, &[u8]), &'static str> {
    // The point goes to the verifier with its leading byte.
    for (kind, head, length) in [(Kind::P256, P256, 64), (Kind::P384, P384, 96)] {
        if der.starts_with(head) && der.len() == head.len() + length {
            return Ok((kind, &der[head.len() - 1..]));
        }
    }
    if der.starts_with(ED) && der.len() == ED.len() + 32 {
        return Ok((Kind::Ed25519, &der[ED.len()..]));
    }
    let unknown = "not a key that can be used: ECDSA on P-256 or P-384 (uncompressed), Ed25519, or RSA";
    let key = whole(der, 0x30).and_then(|inner| inner.strip_prefix(RSA)).and_then(|rest| whole(rest, 0x03));
    // The first byte of a bit string counts unused bits.
    let key = key.and_then(|bits| bits.strip_prefix(&[0])).ok_or(unknown)?;
    let bits = modulus_bits(key).ok_or(unknown)?;
    if bits < 2048 {
        return Err("an RSA key of fewer than 2048 bits, which can be broken");
    }
    if bits > 8192 {
        return Err("an RSA key of more than 8192 bits");
    }
    Ok((Kind::Rsa, key))
}

/// The length in bits of an RSAPublicKey's modulus.
fn modulus_bits(key: &[u8]) -> Option<usize> {
    let (modulus, rest) = value(whole(key, 0x30)?, 0x02)?;
    whole(rest, 0x02)?;
    // One zero byte in front says that the number is not negative.
    let modulus = modulus.strip_prefix(&[0])?;
    let first = *modulus.first()?;
    (first >= 0x80).then_some(modulus.len() * 8)
}

/// The content of a DER value that is all of `bytes`.
fn whole(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    value(bytes, tag).filter(|(_, rest)| rest.is_empty()).map(|(content, _)| content)
}

/// The content of the DER value at the beginning, and what follows it. Lengths have their shortest form.
fn value(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let rest = bytes.strip_prefix(&[tag])?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => {
            rest.split_first().filter(|(length, _)| **length >= 0x80).map(|(length, rest)| ((*length).into(), rest))?
        }
        0x82 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (Some(usize::from(u16::from_be_bytes(*length))).filter(|length| *length > 0xff)?, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// `sha256:` and the digest in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}
