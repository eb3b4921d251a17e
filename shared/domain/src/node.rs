//! Ids of nodes and federations: `[a-z0-9-]{1,63}` without a hyphen at either end, so that they fit a host name, a
//! certificate and a file name.

use std::fmt;
use std::sync::Arc;

/// The text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("неверный идентификатор {0:?}: нужны строчные латинские буквы, цифры и дефис (не по краям), от 1 до 63 знаков")]
pub struct IdError(String);

fn checked(text: &str) -> Result<Arc<str>, IdError> {
    let fits = (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits {
        Ok(Arc::from(text))
    } else {
        Err(IdError(text.chars().take(70).collect()))
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and takes an id.
            pub fn new(text: &str) -> Result<Self, IdError> {
                checked(text).map(Self)
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }
    };
}

id!(
    /// Id of a node, unique in its federation for ever.
    NodeId
);
id!(
    /// Id of a federation.
    FederationId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_dns_label_in_lower_case() {
        for (text, ok) in [
            ("sverdlovsk", true),
            ("a-1", true),
            ("", false),
            ("Урал", false),
            ("A", false),
            ("-a", false),
            ("a.b", false),
        ] {
            assert_eq!(NodeId::new(text).is_ok(), ok, "{text:?}");
        }
        assert!(NodeId::new(&"a".repeat(64)).is_err());
    }
}
