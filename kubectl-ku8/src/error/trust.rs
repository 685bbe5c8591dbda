//! Errors of trust as commands end with them: id and next step of each kind.
//! It never advises to trust less: a next step asks whoever signs, or whoever wrote the policy.

use super::{CommandError, id};
use crate::trust::TrustError;

impl From<TrustError> for CommandError {
    fn from(error: TrustError) -> Self {
        let (id, hints): (_, &[&str]) = match &error {
            TrustError::Policy { .. } => (
                id::POLICY,
                &[
                    "until it reads, no template of a registry is used",
                    "its fields: kubectl ku8 schema trust-policy; what they mean: docs/trust.md",
                ],
            ),
            TrustError::Key { .. } => {
                (id::KEY, &["the public half of a pair: the file cosign.pub, or: openssl pkey -in KEY -pubout"])
            }
            TrustError::Refused { .. } => {
                (id::POLICY_REFUSES, &["ask whoever keeps the policy, or take a template from a registry it allows"])
            }
            TrustError::Unclear { .. } => (id::NOT_JUDGED, &["write it as oci://ghcr.io/acme/web:1.0.0"]),
            TrustError::Unsigned { repository, digest, .. } => {
                let sign = format!("whoever publishes it signs it with: cosign sign --key KEY {repository}@{digest}");
                return Self::new(error.to_string())
                    .id(id::UNSIGNED)
                    .hint(sign)
                    .hint("or ask whoever keeps the policy for a rule about this repository");
            }
            TrustError::WronglySigned { .. } => (
                id::WRONGLY_SIGNED,
                &["do not use it before its publisher says which key signs; the policy names those that count"],
            ),
            TrustError::TooOld { .. } => {
                (id::TOO_OLD, &["take a newer version; an old one may have faults that are known"])
            }
        };
        hints.iter().fold(Self::new(error.to_string()).id(id), |failed, hint| failed.hint(*hint))
    }
}
