//! Who is at the other end of a connection: the name in its certificate, a SPIFFE-shaped URI.
//!
//! `spiffe://<federation>/node/<node>`, and below a node `/source/<name>` and `/reader/<name>`. Parsing is strict and
//! printing gives back the same bytes, so two names are equal exactly when their URIs are. Knows neither membership
//! nor permission.

use std::fmt;
use std::str::FromStr;

/// One part of a name: 1 to 63 of `a`–`z`, `0`–`9` and `-`, with no hyphen at either end (it is also a DNS label).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

impl Label {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let shaped = (1..=63).contains(&text.len()) && !text.starts_with('-') && !text.ends_with('-');
        if shaped && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Label)
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a peer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerName {
    /// A node of a federation.
    Node {
        /// The federation.
        federation: Label,
        /// The node.
        node: Label,
    },
    /// A source system that brings incidents to a node.
    Source {
        /// The federation.
        federation: Label,
        /// The node that admitted it.
        node: Label,
        /// The source.
        source: Label,
    },
    /// A person or a program that reads a node's reports.
    Reader {
        /// The federation.
        federation: Label,
        /// The node that admitted it.
        node: Label,
        /// The reader.
        reader: Label,
    },
}

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A part is empty, too long, or has other characters.
    #[error("часть имени: от 1 до 63 знаков a–z, 0–9 и дефис (не с краю)")]
    Label,
    /// The URI has another shape.
    #[error("имя участника: spiffe://<федерация>/node/<узел>[/source/<имя>|/reader/<имя>]")]
    Shape,
}

impl PeerName {
    /// The name of a node, from its parts.
    pub fn node(federation: &str, node: &str) -> Result<Self, NameError> {
        Ok(Self::Node {
            federation: federation.parse()?,
            node: node.parse()?,
        })
    }

    /// The name of a source, from its parts.
    pub fn source(federation: &str, node: &str, source: &str) -> Result<Self, NameError> {
        Ok(Self::Source {
            federation: federation.parse()?,
            node: node.parse()?,
            source: source.parse()?,
        })
    }

    /// The name of a reader, from its parts.
    pub fn reader(federation: &str, node: &str, reader: &str) -> Result<Self, NameError> {
        Ok(Self::Reader {
            federation: federation.parse()?,
            node: node.parse()?,
            reader: reader.parse()?,
        })
    }

    /// The federation in the name.
    pub fn federation(&self) -> &Label {
        match self {
            Self::Node { federation, .. } | Self::Source { federation, .. } | Self::Reader { federation, .. } => {
                federation
            }
        }
    }

    /// The node in the name: itself, or the one that admitted the source or reader.
    pub fn node_label(&self) -> &Label {
        match self {
            Self::Node { node, .. } | Self::Source { node, .. } | Self::Reader { node, .. } => node,
        }
    }
}

/// The DNS name in a node's server certificate, which a peer asks for whatever address it dials.
pub fn server_name(federation: &Label, node: &Label) -> String {
    format!("{node}.{federation}.internal")
}

impl FromStr for PeerName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let rest = text.strip_prefix("spiffe://").ok_or(NameError::Shape)?;
        match *rest.split('/').collect::<Vec<_>>() {
            [federation, "node", node] => Self::node(federation, node),
            [federation, "node", node, "source", source] => Self::source(federation, node, source),
            [federation, "node", node, "reader", reader] => Self::reader(federation, node, reader),
            _ => Err(NameError::Shape),
        }
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spiffe://{}/node/{}", self.federation(), self.node_label())?;
        match self {
            Self::Node { .. } => Ok(()),
            Self::Source { source, .. } => write!(f, "/source/{source}"),
            Self::Reader { reader, .. } => write!(f, "/reader/{reader}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_prints_as_it_was_read() {
        for text in [
            "spiffe://russia/node/hub",
            "spiffe://russia/node/66-ekb/source/pos",
            "spiffe://r/node/a/reader/minister-1",
        ] {
            assert_eq!(text.parse::<PeerName>().unwrap().to_string(), text);
        }
        let longest = "x".repeat(63);
        assert!(PeerName::node(&longest, &longest).is_ok());
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "russia/node/hub",
            "https://russia/node/hub",
            "SPIFFE://russia/node/hub",
            "spiffe://russia/node/hub/",
            "spiffe://russia/node/",
            "spiffe:///node/hub",
            "spiffe://russia/Node/hub",
            "spiffe://russia/node/Hub",
            "spiffe://russia/node/hub%2f",
            "spiffe://russia/node/hub?x",
            "spiffe://russia/node/hub#x",
            "spiffe://russia:1/node/hub",
            "spiffe://user@russia/node/hub",
            "spiffe://russia/node/-hub",
            "spiffe://russia/node/hub-",
            "spiffe://russia/node/узел",
            "spiffe://russia/node/a/../b",
            "spiffe://russia/node/a/node/b",
            "spiffe://russia/node/a/source/b/reader/c",
            " spiffe://russia/node/hub",
        ] {
            assert!(text.parse::<PeerName>().is_err(), "{text:?}");
        }
        assert!(PeerName::node("russia", &"x".repeat(64)).is_err());
    }

    #[test]
    fn a_node_is_asked_for_by_one_dns_name() {
        let name = PeerName::node("russia", "hub").unwrap();
        assert_eq!(server_name(name.federation(), name.node_label()), "hub.russia.internal");
    }
}
