//! A child that says what a test wants: a member's own keys and certificate, with a ledger forged entry by entry.

use std::ops::Range;

use domain::cell::{Cell, CellKey, Origin};
use domain::federation::Federation;
use domain::sheet::{Closure, Completeness, SheetBody, SheetFacts, totals};
use domain::zone::TZDB_VERSION;
use domain::{Code, SheetPeriod, Tally, Zone};
use federation::{MESSAGE_BYTES, NodeIdentity};
use ledger::Author;
use runtime::PeerName;
use runtime::connect::{Timeouts, channel};
use runtime::identity::server_name;
use runtime::tls::client_config;
use seal::merkle::{Frontier, leaf_hash};
use seal::{Checkpoint, Digest, Envelope};
use tonic::Status;
use wire::pb::replicate_request::Request;
use wire::pb::replicate_response::Response;
use wire::pb::replication_service_client::ReplicationServiceClient;
use wire::pb::{self, verdict};
use wire::statement::{BodyRef, SheetStatement};
use wire::{Preamble, Statement, body, envelope};

use super::Stage;

/// The child.
pub struct Peer {
    identity: NodeIdentity,
    author: Author,
    federation: Federation,
    pub entries: Vec<pb::Entry>,
    sequence: u64,
    previous: Option<Digest>,
}

impl Peer {
    /// The member that joined under this name; its node must not be open.
    pub fn of(stage: &Stage, node: &str) -> Self {
        let identity = NodeIdentity::load(&stage.dir(node)).unwrap();
        let federation = Federation::parse(std::str::from_utf8(&identity.federation_file).unwrap()).unwrap();
        let author = identity.author().unwrap();
        Self {
            identity,
            author,
            federation,
            entries: Vec::new(),
            sequence: 0,
            previous: None,
        }
    }

    /// A right sheet of one day with `n` received in a territory.
    pub fn sheet(&self, day: &str, revision: u32, territory: &str, n: u64) -> (SheetStatement, Vec<u8>) {
        let cells = cells(territory, n);
        let bytes = body::encode(&cells);
        let (period, zone) = (SheetPeriod::day(day.parse().unwrap()), Zone::utc());
        let facts = SheetFacts {
            period,
            bounds: zone.bounds(period.first()),
            closure: Closure::Closed,
            revision,
            withdrawn: None,
            zone,
            tzdb: TZDB_VERSION.to_owned(),
            dictionary: *self.identity.dictionary().as_bytes(),
            journal_position: 1,
            sealed_at_ms: 1,
            cell_count: u32::try_from(cells.cells.len()).unwrap(),
            totals: totals(&cells, self.federation.dictionary()).unwrap(),
        };
        (
            SheetStatement {
                facts,
                body: BodyRef::of(&bytes),
            },
            bytes,
        )
    }

    /// Signs a sheet as the next of the chain and appends it.
    pub fn say(&mut self, (sheet, body): (SheetStatement, Vec<u8>)) {
        let said = Statement::Sheet(Box::new(sheet));
        let place = Preamble {
            federation: self.author.federation.clone(),
            node: self.author.node.clone(),
            epoch: self.author.epoch,
            sequence: self.sequence + 1,
            previous: self.previous,
        };
        let payload = said.encode(&place).unwrap();
        let sealed = Envelope::seal(said.payload_type(), payload, &self.author.signing_key);
        self.sequence += 1;
        self.previous = Some(sealed.statement_hash());
        self.put(envelope::encode(&sealed), Some(body));
    }

    /// Appends any bytes, with no place in the chain.
    pub fn put(&mut self, envelope: Vec<u8>, body: Option<Vec<u8>>) {
        self.entries.push(pb::Entry {
            envelope,
            body,
            body_dropped: false,
        });
    }

    /// The batch of these entries, under the child's own checkpoint of exactly their end.
    pub fn batch(&self, range: Range<usize>) -> pb::Batch {
        let mut frontier = Frontier::new();
        for entry in &self.entries[..range.end] {
            frontier.append(leaf_hash(&entry.envelope));
        }
        let origin = self.author.origin();
        let checkpoint = Checkpoint {
            origin,
            size: range.end as u64,
            root: frontier.root(),
        };
        pb::Batch {
            first_position: range.start as u64,
            entries: self.entries[range].to_vec(),
            checkpoint: checkpoint.sign(&self.author.ledger_key),
        }
    }

    /// Brings everything from a position on.
    pub async fn bring(&self, stage: &Stage, from: usize) -> Result<pb::Acknowledgement, Status> {
        let mut answers = self.converse(stage, vec![self.batch(from..self.entries.len())]).await?;
        Ok(answers.remove(0))
    }

    /// One stream: a hello, then these batches, each sent after the answer to the one before.
    pub async fn converse(&self, stage: &Stage, batches: Vec<pb::Batch>) -> Result<Vec<pb::Acknowledgement>, Status> {
        let (requests, outgoing) = tokio::sync::mpsc::channel(1);
        let send = async |request| {
            requests
                .send(pb::ReplicateRequest { request: Some(request) })
                .await
                .unwrap();
        };
        let hello = pb::Hello {
            origin: self.author.origin(),
            ledger_size: 0,
            remembered_size: 0,
            sent_at_ms: 0,
        };
        send(Request::Hello(hello)).await;
        let stream = tokio_stream::wrappers::ReceiverStream::new(outgoing);
        let mut answers = self.client(stage).replicate(stream).await?.into_inner();
        let mut acknowledged = Vec::with_capacity(batches.len());
        let welcome = answers.message().await?.expect("a welcome");
        assert!(matches!(welcome.response, Some(Response::Welcome(_))), "{welcome:?}");
        for batch in batches {
            send(Request::Batch(batch)).await;
            let Some(pb::ReplicateResponse {
                response: Some(Response::Acknowledgement(answer)),
            }) = answers.message().await?
            else {
                panic!("an acknowledgement was expected")
            };
            acknowledged.push(answer);
        }
        Ok(acknowledged)
    }

    fn client(&self, stage: &Stage) -> ReplicationServiceClient<tonic::transport::Channel> {
        let tls = client_config(
            Some(&self.identity.tls),
            &self.identity.parent_authority,
            &stage.shared_clock(),
        );
        let parent = PeerName::node(self.identity.federation.as_str(), self.identity.parent.as_str()).unwrap();
        let name = server_name(parent.federation(), parent.node_label());
        let dialer = std::sync::Arc::new(stage.link(self.identity.node.as_str()));
        let channel = channel(
            dialer,
            &self.identity.parent_address,
            tls.unwrap(),
            &name,
            Timeouts::default(),
        );
        ReplicationServiceClient::new(channel.unwrap()).max_decoding_message_size(MESSAGE_BYTES)
    }
}

/// A body with `n` received in a territory, complete.
fn cells(territory: &str, n: u64) -> SheetBody {
    let (measure, source) = (Code::literal("incidents.received"), Code::literal("boston311"));
    let mut cells = SheetBody::default();
    cells
        .completeness
        .insert((source.clone(), measure.clone()), Completeness::Complete);
    let values = vec![source, Code::new(territory).unwrap(), Code::literal("Graffiti")];
    let key = CellKey {
        measure,
        set: Code::literal("topic"),
        values,
    };
    cells.cells.insert(
        key,
        Cell {
            origin: Origin::Incidents,
            snapshot: None,
            tally: Tally::Flow(n),
        },
    );
    cells
}

/// The verdicts in a word each: `TAKEN`, `REPEATED` or the code of the refusal.
pub fn words(acknowledgement: &pb::Acknowledgement) -> Vec<String> {
    let word = |verdict: &pb::Verdict| match verdict.verdict.as_ref().expect("a verdict") {
        verdict::Verdict::Taken(taken) if taken.repeated => "REPEATED".to_owned(),
        verdict::Verdict::Taken(_) => "TAKEN".to_owned(),
        verdict::Verdict::Refused(refused) => refused.reason.clone(),
    };
    acknowledgement.verdicts.iter().map(word).collect()
}
