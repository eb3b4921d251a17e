//! Invitations as the parent keeps them: in one small file, with a hash of each secret.
//!
//! An invitation is used once, bound to the key of the certificate request: the same key may ask again after a lost
//! reply, any other is refused.

use std::io;
use std::path::{Path, PathBuf};

use domain::member::Member;
use domain::{Code, NodeId, Zone};
use runtime::files::{Mode, write_atomic};
use seal::Digest;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// Invitations kept at once; used and ended ones make room.
const KEPT: usize = 4096;

/// One invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptInvitation {
    /// Its id.
    pub id: String,
    /// SHA-256 of its secret, hexadecimal.
    pub secret_sha256: String,
    /// The node it is for.
    pub node: String,
    /// Zone of the node.
    pub zone: String,
    /// What the node will answer for.
    pub covers: Vec<KeptCover>,
    /// When it ends, Unix milliseconds.
    pub expires_at_ms: i64,
    /// SHA-256 of the key that used it, hexadecimal.
    pub used_by: Option<String>,
}

/// A cover in an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptCover {
    /// Root of the subtree.
    pub territory: String,
    /// One source, or any.
    pub source: Option<String>,
    /// First day.
    pub from: String,
}

impl KeptInvitation {
    /// The member it would make, by what it covers; nothing when the file was edited by hand.
    fn member(&self) -> Option<Member> {
        let node = NodeId::new(&self.node).ok()?;
        let covers = self.covers.iter().map(|kept| {
            let source = kept.source.as_deref().map(Code::new).transpose().ok()?;
            Some(super::invite::cover(
                Code::new(&kept.territory).ok()?,
                source,
                kept.from.parse().ok()?,
            ))
        });
        Some(Member {
            parent: node.clone(),
            hosted_by: None,
            zone: Zone::new(&self.zone).ok()?,
            covers: covers.collect::<Option<_>>()?,
            joined: super::invite::first_day(),
            node,
        })
    }
}

/// Why an invitation does not open the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No such id, or another secret: the two are not told apart.
    Unknown,
    /// Its time is over.
    Expired,
    /// Another key has used it.
    Used,
}

/// The file of invitations.
#[derive(Debug)]
pub struct Invitations {
    path: PathBuf,
    kept: Vec<KeptInvitation>,
}

impl Invitations {
    /// Reads `<dir>/invitations.json`; none when it is not there.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let path = dir.join("invitations.json");
        let kept = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {e}", path.display())))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { path, kept })
    }

    /// Keeps a new invitation.
    pub fn add(&mut self, invitation: KeptInvitation, now_ms: i64) -> io::Result<()> {
        self.kept
            .retain(|one| one.used_by.is_some() || one.expires_at_ms > now_ms);
        let over = (self.kept.len() + 1).saturating_sub(KEPT);
        self.kept.drain(..over);
        self.kept.push(invitation);
        self.write()
    }

    /// The invitation, when the secret fits, its time is not over, and no other key has used it.
    pub fn admit(&self, id: &str, secret: &[u8], key: &Digest, now_ms: i64) -> Result<&KeptInvitation, Denied> {
        let hash = Digest::of(secret).to_string();
        let known = self.kept.iter().find(|one| one.id == id);
        let known = known.filter(|one| one.secret_sha256.as_bytes().ct_eq(hash.as_bytes()).into());
        let invitation = known.ok_or(Denied::Unknown)?;
        match &invitation.used_by {
            Some(used_by) if *used_by == key.to_string() => Ok(invitation),
            Some(_) => Err(Denied::Used),
            None if invitation.expires_at_ms <= now_ms => Err(Denied::Expired),
            None => Ok(invitation),
        }
    }

    /// The members that unused invitations in their time would make.
    pub fn outstanding(&self, now_ms: i64) -> Vec<Member> {
        let open = self
            .kept
            .iter()
            .filter(|one| one.used_by.is_none() && one.expires_at_ms > now_ms);
        open.filter_map(KeptInvitation::member).collect()
    }

    /// Binds an invitation to the key that uses it.
    pub fn bind(&mut self, id: &str, key: &Digest) -> io::Result<()> {
        if let Some(invitation) = self.kept.iter_mut().find(|one| one.id == id) {
            invitation.used_by = Some(key.to_string());
        }
        self.write()
    }

    fn write(&self) -> io::Result<()> {
        let json = serde_json::to_vec_pretty(&self.kept).map_err(io::Error::other)?;
        write_atomic(&self.path, &json, Mode::Private)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> KeptInvitation {
        KeptInvitation {
            id: "1".into(),
            secret_sha256: Digest::of(b"secret").to_string(),
            node: "sverdlovsk".into(),
            zone: "Asia/Yekaterinburg".into(),
            covers: vec![],
            expires_at_ms: 100,
            used_by: None,
        }
    }

    #[test]
    fn an_invitation_opens_once_for_one_key_with_its_secret_in_its_time() {
        let dir = tempfile::tempdir().unwrap();
        let mut invitations = Invitations::open(dir.path()).unwrap();
        invitations.add(sample(), 0).unwrap();
        let (mine, other) = (Digest::of(b"mine"), Digest::of(b"other"));
        assert_eq!(invitations.admit("2", b"secret", &mine, 0), Err(Denied::Unknown));
        assert_eq!(invitations.admit("1", b"guess", &mine, 0), Err(Denied::Unknown));
        assert_eq!(invitations.admit("1", b"secret", &mine, 100), Err(Denied::Expired));
        assert!(invitations.admit("1", b"secret", &mine, 99).is_ok());
        invitations.bind("1", &mine).unwrap();
        let again = Invitations::open(dir.path()).unwrap();
        assert!(
            again.admit("1", b"secret", &mine, 500).is_ok(),
            "a lost reply is fetched again, also later"
        );
        assert_eq!(again.admit("1", b"secret", &other, 0), Err(Denied::Used));
    }
}
