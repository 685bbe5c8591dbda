//! Keys of these tests and what they sign, in the forms cosign writes.
//! Each run makes new ones; none is ever written down.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kubectl_ku8::trust::Signature;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use serde_json::{Value, json};

const P256: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
const P384: &[u8] = b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00";
const ED: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// A key pair.
pub(super) struct Signer {
    pair: Pair,
    /// The public key.
    pub(super) pem: String,
}

impl Signer {
    pub(super) fn p256() -> Self {
        let random = SystemRandom::new();
        let secret = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, secret.as_ref(), &random).unwrap();
        Self { pem: pem(P256, pair.public_key().as_ref()), pair: Pair::Ecdsa(pair) }
    }

    pub(super) fn p384() -> Self {
        let random = SystemRandom::new();
        let secret = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, secret.as_ref(), &random).unwrap();
        Self { pem: pem(P384, pair.public_key().as_ref()), pair: Pair::Ecdsa(pair) }
    }

    pub(super) fn ed25519() -> Self {
        let secret = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(secret.as_ref()).unwrap();
        Self { pem: pem(ED, pair.public_key().as_ref()), pair: Pair::Ed(pair) }
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Ecdsa(pair) => pair.sign(&SystemRandom::new(), bytes).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(bytes).as_ref().to_vec(),
        }
    }

    /// The older form, of any payload.
    pub(super) fn simple(&self, payload: impl Into<Vec<u8>>) -> Signature {
        let payload = payload.into();
        Signature::Simple { signature: STANDARD.encode(self.sign(&payload)), payload }
    }

    /// A bundle, of any statement.
    pub(super) fn bundle(&self, statement: impl AsRef<[u8]>) -> Signature {
        Signature::Bundle(self.envelope(statement.as_ref()).to_string().into_bytes())
    }

    /// The same as a document, to be changed.
    pub(super) fn envelope(&self, statement: &[u8]) -> Value {
        self.envelope_of("application/vnd.in-toto+json", statement)
    }

    pub(super) fn envelope_of(&self, kind: &str, payload: &[u8]) -> Value {
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {"hint": "aGk="}},
            "dsseEnvelope": {
                "payload": STANDARD.encode(payload), "payloadType": kind,
                "signatures": [{"sig": STANDARD.encode(self.sign(&pae(kind, payload)))}],
            },
        })
    }
}

pub(super) fn pae(kind: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

fn pem(head: &[u8], key: &[u8]) -> String {
    of_der(&[head, key].concat())
}

/// A public key in PEM, of any bytes.
pub(super) fn of_der(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

/// What cosign signs in the older form.
pub(super) fn payload(repository: &str, digest: &str) -> Value {
    json!({
        "critical": {
            "identity": {"docker-reference": repository},
            "image": {"docker-manifest-digest": digest},
            "type": "cosign container image signature",
        },
        "optional": {"env": "prod"},
    })
}

/// What cosign signs in a bundle.
pub(super) fn statement(digest: &str) -> Value {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": hex}, "annotations": {"env": "prod"}}],
        "predicateType": "https://sigstore.dev/cosign/sign/v1",
        "predicate": {},
    })
}

/// The same document with another value at a pointer; `null` takes the member away.
pub(super) fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let (above, name) = pointer.rsplit_once('/').unwrap();
    let place = document.pointer_mut(above).unwrap();
    match place {
        Value::Object(members) if value.is_null() => drop(members.remove(name)),
        Value::Object(members) => drop(members.insert(name.to_owned(), value)),
        Value::Array(list) => list[name.parse::<usize>().unwrap()] = value,
        other => unreachable!("{pointer} of {other}"),
    }
    document
}

/// The other signature of the same bytes that an ECDSA signature on P-256 gives: the order minus s.
pub(super) fn other_s(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = *b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
    let [r, s] = integers(signature);
    let mut padded = [0; 32];
    let s: Vec<u8> = s.into_iter().skip_while(|byte| *byte == 0).collect();
    padded[32 - s.len()..].copy_from_slice(&s);
    let mut other = [0; 32];
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i16::from(ORDER[at]) - i16::from(padded[at]) - borrow;
        borrow = i16::from(difference < 0);
        other[at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    sequence(&[&r, &integer(&other)])
}

/// r and s of an ECDSA signature, as they are written.
pub(super) fn integers(signature: &[u8]) -> [Vec<u8>; 2] {
    let length = usize::from(signature[3]);
    let r = signature[4..4 + length].to_vec();
    [r, signature[4 + length + 2..].to_vec()]
}

/// A positive number in DER.
pub(super) fn integer(number: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
    if bytes.first().is_none_or(|first| *first >= 0x80) {
        bytes.insert(0, 0);
    }
    bytes
}

/// A sequence of integers in DER.
pub(super) fn sequence(integers: &[&[u8]]) -> Vec<u8> {
    let inner: Vec<u8> =
        integers.iter().flat_map(|bytes| [&[2, u8::try_from(bytes.len()).unwrap()][..], bytes].concat()).collect();
    [&[0x30, u8::try_from(inner.len()).unwrap()][..], &inner].concat()
}
