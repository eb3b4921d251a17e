//! An invitation: the text a parent's operator hands to a future member.
//!
//! It holds an id, a secret of 128 bits, the hash of the parent's CA key and the moment it ends. The parent keeps only a
//! hash of the secret. Whoever has the text may join once, as the node it names.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{FederationId, NodeId};
use seal::Digest;
use serde::{Deserialize, Serialize};

const PREFIX: &str = "svodka-invitation-1:";

/// An invitation as both ends understand it.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The federation.
    pub federation: FederationId,
    /// The node that invites.
    pub parent: NodeId,
    /// The node that is invited.
    pub node: NodeId,
    /// Id of the invitation, 16 hexadecimal digits.
    pub id: String,
    /// The secret.
    pub secret: [u8; 16],
    /// SHA-256 of the `SubjectPublicKeyInfo` of the parent's CA key.
    pub authority: Digest,
    /// When it ends, Unix milliseconds.
    pub expires_at_ms: i64,
}

/// The text is not an invitation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("это не приглашение: {0}. Скопируйте его целиком, начиная со слов «{PREFIX}»")]
pub struct InvitationError(String);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    federation: String,
    parent: String,
    node: String,
    id: String,
    secret: String,
    authority: String,
    expires_at_ms: i64,
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Text {
            federation: self.federation.to_string(),
            parent: self.parent.to_string(),
            node: self.node.to_string(),
            id: self.id.clone(),
            secret: hex::encode(self.secret),
            authority: self.authority.to_string(),
            expires_at_ms: self.expires_at_ms,
        };
        let json = serde_json::to_vec(&text).map_err(|_| fmt::Error)?;
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(json))
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invitation({} → {})", self.id, self.node)
    }
}

impl FromStr for Invitation {
    type Err = InvitationError;

    fn from_str(text: &str) -> Result<Self, InvitationError> {
        let wrong = |reason: &dyn fmt::Display| InvitationError(reason.to_string());
        let packed: String = text.split_whitespace().collect();
        let packed = packed.strip_prefix(PREFIX).ok_or_else(|| wrong(&"нет начала"))?;
        let json = URL_SAFE_NO_PAD.decode(packed).map_err(|e| wrong(&e))?;
        let text: Text = serde_json::from_slice(&json).map_err(|e| wrong(&e))?;
        let secret = hex::decode(&text.secret).map_err(|e| wrong(&e))?;
        Ok(Self {
            federation: text.federation.parse().map_err(|e| wrong(&e))?,
            parent: text.parent.parse().map_err(|e| wrong(&e))?,
            node: text.node.parse().map_err(|e| wrong(&e))?,
            id: text.id,
            secret: secret.try_into().map_err(|_| wrong(&"секрет не той длины"))?,
            authority: text.authority.parse().map_err(|e| wrong(&e))?,
            expires_at_ms: text.expires_at_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_survives_a_letter_that_breaks_its_lines() {
        let invitation = Invitation {
            federation: FederationId::new("ru").unwrap(),
            parent: NodeId::new("hub").unwrap(),
            node: NodeId::new("sverdlovsk").unwrap(),
            id: "0123456789abcdef".into(),
            secret: [7; 16],
            authority: Digest::of(b"key"),
            expires_at_ms: 5,
        };
        let text = invitation.to_string();
        let (left, right) = text.split_at(60);
        assert_eq!(
            format!(" {left}\r\n{right}\n").parse::<Invitation>().unwrap(),
            invitation
        );
        assert!(
            !format!("{invitation:?}").contains("0707"),
            "the secret does not show in logs"
        );
        for broken in ["", "svodka-invitation-1:", &text[..70], &text[5..]] {
            assert!(broken.parse::<Invitation>().is_err(), "{broken:?}");
        }
    }
}
