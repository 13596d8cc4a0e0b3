//! The document and its viewer, as a browser gets them.

use std::io::Read as _;

use flate2::read::GzDecoder;
use sha2::{Digest as _, Sha256};

use crate::contract::DOCUMENT;
use crate::harness::{Tested, with_node};

const FOLDER: &str = "assets/swagger-ui";

#[test]
fn a_node_serves_its_document() -> Tested {
    with_node(|node| async {
        let raw = node.get("/v1/openapi.json").await?;
        assert_eq!(raw.status, 200);
        assert_eq!(raw.json(), *DOCUMENT);
        Ok(())
    })
}

/// Every part that the page names is served by the node itself.
#[test]
fn the_viewer_loads_nothing_from_elsewhere() -> Tested {
    with_node(|node| async {
        let page = node.get("/docs").await?;
        assert_eq!(page.status, 200);
        let policy = page.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        let parts = page.text.split(['"']).filter(|text| text.starts_with("docs/"));
        let parts: Vec<&str> = parts.collect();
        assert_eq!(parts.len(), 3, "{parts:?}");
        assert!(!page.text.contains("://"), "{}", page.text);
        for part in parts {
            let path = format!("/{part}");
            let plain = node.get(&path).await?;
            assert_eq!(plain.status, 200, "{part}");
            assert!(plain.text.len() > 100, "{part}: {}", plain.text);
            let packed = node.call("GET", &path, &[("accept-encoding", "br, gzip")], "").await?;
            let is_packed = packed.header("content-encoding").as_deref() == Some("gzip");
            assert_eq!(is_packed, !part.ends_with("start.js"), "{part}");
        }
        let missing = node.get("/docs/swagger-ui.js.map").await?;
        assert_eq!((missing.status, missing.code().as_str()), (404, "not_found"));
        Ok(())
    })
}

#[test]
fn the_viewer_is_the_published_one() -> Tested {
    let readme = std::fs::read_to_string(format!("{FOLDER}/README.md"))?;
    for name in ["swagger-ui-bundle.js", "swagger-ui.css"] {
        let packed = std::fs::read(format!("{FOLDER}/{name}.gz"))?;
        let mut plain = Vec::new();
        GzDecoder::new(packed.as_slice()).read_to_end(&mut plain)?;
        let digest: String =
            Sha256::digest(&plain).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(readme.contains(&format!("| {name} | `{digest}` |")), "{name}: {digest}");
    }
    Ok(())
}
