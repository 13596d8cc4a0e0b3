//! What a node's certificate says of it: `stoa://<cluster id>/node/<node id>`, as a URI among its
//! alternative names.

use std::fmt;
use std::str::FromStr;

use crate::types::NodeId;

/// Which node of which cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertifiedName {
    /// The cluster's id.
    pub cluster: String,
    /// The node's id.
    pub node: NodeId,
}

impl fmt::Display for CertifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stoa://{}/node/{}", self.cluster, self.node)
    }
}

impl FromStr for CertifiedName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (cluster, node) =
            text.strip_prefix("stoa://").and_then(|rest| rest.split_once("/node/")).ok_or(())?;
        let plain = !node.is_empty() && node.bytes().all(|byte| byte.is_ascii_digit());
        let node = node.parse().map_err(|_| ())?;
        match plain && !cluster.is_empty() && !cluster.contains('/') && node > 0 {
            true => Ok(Self { cluster: cluster.to_owned(), node }),
            false => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_as_it_was_written() {
        let name = CertifiedName { cluster: "shop-eu".into(), node: 12 };
        assert_eq!(name.to_string(), "stoa://shop-eu/node/12");
        assert_eq!(name.to_string().parse(), Ok(name));
    }

    #[test]
    fn other_names_are_no_nodes() {
        for other in [
            "https://shop/node/1",
            "stoa://shop/ca",
            "stoa://shop/node/",
            "stoa://shop/node/0",
            "stoa://shop/node/+1",
            "stoa://shop/node/1/node/2",
            "stoa:///node/1",
            "stoa://a/b/node/1",
        ] {
            assert_eq!(other.parse::<CertifiedName>(), Err(()), "{other}");
        }
    }
}
