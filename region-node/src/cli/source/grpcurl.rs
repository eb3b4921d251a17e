//! A line for `grpcurl` that works as pasted: a call that only asks what would happen to one incident.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// What a source system is handed.
#[derive(Clone, Debug)]
pub struct Files {
    /// Its certificate, with the authority's.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The authority that the node's certificate is checked against.
    pub authority: PathBuf,
    /// The services, described for a client without reflection.
    pub descriptors: PathBuf,
}

impl Files {
    /// The four files in a directory.
    pub fn in_dir(dir: &Path) -> Self {
        Self {
            certificate: dir.join("client.pem"),
            key: dir.join("client.key"),
            authority: dir.join("ca.pem"),
            descriptors: dir.join("svodka.protoset"),
        }
    }
}

/// The incident of the sample call.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Id of the call and of the incident.
    pub id: String,
    /// When it was registered.
    pub now: Timestamp,
}

/// The line. The node is asked for by the name in its certificate, whatever address it is dialled at.
pub fn line(files: &Files, address: &str, server_name: &str, sample: &Sample) -> String {
    let now = sample.now.strftime("%Y-%m-%dT%H:%M:%SZ");
    let id = &sample.id;
    let call = serde_json::json!({
        "requestId": id,
        "validateOnly": true,
        "items": [{
            "incident": { "externalId": id, "registered": now.to_string() },
            "updatedAt": now.to_string(),
        }],
    });
    let path = |path: &Path| quoted(&path.to_string_lossy());
    format!(
        "grpcurl -protoset {} -cacert {} -cert {} -key {} -authority {} -d {} {} svodka.v1.IngestService/Ingest",
        path(&files.descriptors),
        path(&files.authority),
        path(&files.certificate),
        path(&files.key),
        quoted(server_name),
        quoted(&call.to_string()),
        quoted(address),
    )
}

/// A word of a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@%+=,".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_whole_and_quoted_for_a_shell() {
        let files = Files::in_dir(Path::new("/tmp/Иван's keys"));
        let sample = Sample {
            id: "abc".to_owned(),
            now: "2022-12-13T04:05:06.789Z".parse().unwrap(),
        };
        insta::assert_snapshot!(line(&files, "127.0.0.1:7444", "66.ru.internal", &sample), @r#"grpcurl -protoset '/tmp/Иван'\''s keys/svodka.protoset' -cacert '/tmp/Иван'\''s keys/ca.pem' -cert '/tmp/Иван'\''s keys/client.pem' -key '/tmp/Иван'\''s keys/client.key' -authority 66.ru.internal -d '{"items":[{"incident":{"externalId":"abc","registered":"2022-12-13T04:05:06Z"},"updatedAt":"2022-12-13T04:05:06Z"}],"requestId":"abc","validateOnly":true}' 127.0.0.1:7444 svodka.v1.IngestService/Ingest"#);
    }

    #[test]
    fn the_descriptors_hold_the_service_and_what_it_imports() {
        let bytes = String::from_utf8_lossy(wire::DESCRIPTOR_SET);
        for name in [
            "IngestService",
            "svodka/v1/ingest.proto",
            "google/protobuf/timestamp.proto",
        ] {
            assert!(bytes.contains(name), "{name}");
        }
    }
}
