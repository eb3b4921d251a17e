//! One connection to the parent, from hello to the last verdict.
//!
//! Batches go out ahead of their acknowledgements, a few at a time. Each acknowledgement is proved before it is
//! remembered and remembered before the next batch takes its place: a crash anywhere repeats at most what was on its way,
//! and the parent answers a repeat with the same receipt.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use seal::{Checkpoint, Digest};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::codec::CompressionEncoding::Gzip;
use wire::pb::replicate_request::Request;
use wire::pb::replicate_response::Response;
use wire::pb::replication_service_client::ReplicationServiceClient;
use wire::pb::{self, verdict};

use super::trust::TrustError;
use super::{Step, Uplink, UplinkError};
use crate::skew::Skew;
use crate::{BATCH_BYTES, BATCH_ENTRIES, BATCHES_IN_FLIGHT, MESSAGE_BYTES, held};
use tokio::time::timeout;

/// For one answer: a parent whose process hangs still answers pings, and a batch takes it milliseconds.
const ANSWER_MAX: Duration = Duration::from_mins(1);

type Client = ReplicationServiceClient<tonic::transport::Channel>;

impl Uplink {
    /// Replicates everything, then looks for what comes down.
    pub(super) async fn converse(&mut self) -> Result<Step, UplinkError> {
        let channel = match self.open.take() {
            Some(channel) => channel,
            None => self.channel()?,
        };
        let mut client = ReplicationServiceClient::new(channel)
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES)
            .accept_compressed(Gzip)
            .send_compressed(Gzip);
        let step = self.replicate(&mut client).await?;
        self.fetch_down(&mut client).await?;
        Ok(step)
    }

    async fn replicate(&mut self, client: &mut Client) -> Result<Step, UplinkError> {
        let (requests, outgoing) = mpsc::channel(BATCHES_IN_FLIGHT);
        send(&requests, Request::Hello(self.hello())).await;
        let call = client.replicate(ReceiverStream::new(outgoing)).await;
        let mut answers = call.map_err(|status| self.refused(&status))?.into_inner();
        let mut proven = self.welcome(&mut answers).await?;
        let mut step = Step::default();
        let mut next = self.memory.cursor;
        let mut in_flight: VecDeque<Range<u64>> = VecDeque::with_capacity(BATCHES_IN_FLIGHT);
        loop {
            while in_flight.len() < BATCHES_IN_FLIGHT {
                let Some(batch) = self.batch(next)? else { break };
                let end = next + batch.entries.len() as u64;
                step.sent += end - next;
                in_flight.push_back(next..end);
                next = end;
                send(&requests, Request::Batch(batch)).await;
            }
            let Some(asked) = in_flight.pop_front() else { break };
            match self.answer(&mut answers).await? {
                Response::Acknowledgement(acknowledgement) => {
                    proven = self.acknowledged(acknowledgement, asked, &proven, &mut step)?;
                }
                Response::Welcome(_) => return Err(UplinkError::Protocol("второе приветствие")),
            }
        }
        step.waiting = held(&self.ledger).size().saturating_sub(self.memory.cursor);
        Ok(step)
    }

    fn hello(&self) -> pb::Hello {
        let ledger = held(&self.ledger);
        pb::Hello {
            origin: ledger.origin(),
            ledger_size: ledger.size(),
            remembered_size: self.memory.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size),
            sent_at_ms: self.clock.now().as_millisecond(),
        }
    }

    /// The parent's cursor and checkpoint; both must continue what is remembered and what stands here.
    async fn welcome(&mut self, answers: &mut Streaming<pb::ReplicateResponse>) -> Result<Checkpoint, UplinkError> {
        let Response::Welcome(welcome) = self.answer(answers).await? else {
            return Err(UplinkError::Protocol("вместо приветствия пришло другое"));
        };
        self.compare_clocks(welcome.answered_at_ms);
        let remembered = self.memory.checkpoint.as_ref();
        let shown = self
            .trust
            .continued(remembered, &welcome.checkpoint, &welcome.consistency)?;
        let (size, root) = {
            let ledger = held(&self.ledger);
            (ledger.size(), ledger.root_at(welcome.cursor))
        };
        let Some(root) = root else {
            return Err(UplinkError::CursorAhead {
                cursor: welcome.cursor,
                size,
            });
        };
        if welcome.cursor_root != root.as_bytes() {
            return Err(TrustError::Unproven("позиция относится к другому журналу этого узла".into()).into());
        }
        // The cursor may be ahead of the memory when an acknowledgement was lost: its verdicts are asked for again.
        let known = self.memory.cursor.min(welcome.cursor);
        let frame = pb::UplinkFrame {
            cursor: known,
            checkpoint: welcome.checkpoint,
            verdicts: vec![],
        };
        self.memory.remember(frame)?;
        Ok(shown)
    }

    /// A difference is shown while it lasts; one that is too large, the parent refuses.
    fn compare_clocks(&self, parents_ms: i64) {
        let skew = Skew::between(self.clock.now().as_millisecond(), parents_ms);
        let told = skew.filter(|skew| skew.is_told());
        if let Some(skew) = told {
            tracing::warn!(parent = %self.parent, %skew, "the clocks are apart");
        }
        self.publish(|state| state.clock_skew_ms = told.map(Skew::ms));
    }

    async fn answer(&self, answers: &mut Streaming<pb::ReplicateResponse>) -> Result<Response, UplinkError> {
        let Ok(answer) = timeout(ANSWER_MAX, answers.message()).await else {
            return Err(UplinkError::Unreachable {
                address: self.address.clone(),
                reason: "соединение есть, а ответа нет".into(),
            });
        };
        match answer {
            Ok(Some(pb::ReplicateResponse {
                response: Some(response),
            })) => Ok(response),
            Ok(_) => Err(UplinkError::Unreachable {
                address: self.address.clone(),
                reason: "поток закончился".into(),
            }),
            Err(status) => Err(self.refused(&status)),
        }
    }

    /// The entries from a position on, as many as one batch takes, under the own checkpoint of exactly their end.
    fn batch(&self, from: u64) -> Result<Option<pb::Batch>, UplinkError> {
        let ledger = held(&self.ledger);
        let until = ledger.size().min(from + BATCH_ENTRIES);
        let mut entries = Vec::new();
        let mut bytes = 0;
        for stored in ledger.entries(from..until)? {
            let body = if stored.has_body {
                ledger.body(stored.position)?
            } else {
                None
            };
            bytes += stored.envelope.len() + body.as_ref().map_or(0, Vec::len);
            if bytes > BATCH_BYTES && !entries.is_empty() {
                break;
            }
            entries.push(pb::Entry {
                envelope: stored.envelope,
                body,
                body_dropped: false,
            });
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let end = from + entries.len() as u64;
        let checkpoint = ledger
            .checkpoint_at(end)
            .ok_or(UplinkError::Protocol("нет такой позиции в своём журнале"))?;
        Ok(Some(pb::Batch {
            first_position: from,
            entries,
            checkpoint,
        }))
    }

    /// Proves an acknowledgement of the entries asked about, remembers it, and goes on from its checkpoint.
    fn acknowledged(
        &mut self,
        acknowledgement: pb::Acknowledgement,
        asked: Range<u64>,
        before: &Checkpoint,
        step: &mut Step,
    ) -> Result<Checkpoint, UplinkError> {
        let answered = acknowledgement.verdicts.iter().map(|verdict| verdict.position);
        if !answered.eq(asked.clone()) || acknowledgement.cursor < asked.end {
            return Err(UplinkError::Protocol("вердикты не о тех записях, что отправлены"));
        }
        let shown = self
            .trust
            .continued(Some(before), &acknowledgement.checkpoint, &acknowledgement.consistency)?;
        let mut remembered = Vec::with_capacity(acknowledgement.verdicts.len());
        let mut refusals = Vec::new();
        for verdict in acknowledgement.verdicts {
            let entry = {
                let ledger = held(&self.ledger);
                ledger.entries(verdict.position..verdict.position + 1)?.pop()
            };
            let entry = entry
                .ok_or(UplinkError::Protocol("вердикт о записи, которой нет"))?
                .envelope;
            match verdict.verdict.ok_or(UplinkError::Protocol("пустой вердикт"))? {
                verdict::Verdict::Taken(taken) => {
                    self.trust.included(&entry, taken.position, &taken.inclusion, &shown)?;
                    step.taken += 1;
                    remembered.push(remember(verdict.position, taken.position, vec![]));
                }
                verdict::Verdict::Refused(refused) => {
                    self.trust
                        .included(&refused.refusal, refused.position, &refused.inclusion, &shown)?;
                    self.trust.refusal(&refused.refusal, &entry, verdict.position)?;
                    refusals.push(refused.refusal.clone());
                    step.refused += 1;
                    remembered.push(remember(verdict.position, refused.position, refused.refusal));
                }
            }
        }
        self.memory.remember(pb::UplinkFrame {
            cursor: asked.end.max(self.memory.cursor),
            checkpoint: acknowledgement.checkpoint,
            verdicts: remembered,
        })?;
        let mut ledger = held(&self.ledger);
        for refusal in &refusals {
            ledger.note_refused(refusal)?;
        }
        drop(ledger);
        self.publish(|_| ());
        Ok(shown)
    }

    /// Dictionaries, revocations and decisions of the parent, each proved, kept beside the ledger.
    async fn fetch_down(&mut self, client: &mut Client) -> Result<(), UplinkError> {
        loop {
            let from_position = self.memory.down_next;
            let remembered = self.memory.checkpoint.clone();
            let request = pb::FetchDownRequest {
                from_position,
                remembered_size: remembered.as_ref().map_or(0, |checkpoint| checkpoint.size),
            };
            let reply = client.fetch_down(request).await;
            let reply = reply.map_err(|status| self.refused(&status))?.into_inner();
            let shown = self
                .trust
                .continued(remembered.as_ref(), &reply.checkpoint, &reply.consistency)?;
            for entry in &reply.entries {
                self.trust
                    .included(&entry.envelope, entry.position, &entry.inclusion, &shown)?;
                self.came_down(entry)?;
            }
            let done = reply.next_position <= from_position || reply.next_position >= shown.size;
            self.memory.remember_down(reply)?;
            if done {
                return Ok(());
            }
        }
    }

    fn came_down(&self, entry: &pb::DownEntry) -> Result<(), UplinkError> {
        if let wire::Statement::Dictionary(dictionary) = self.trust.statement(&entry.envelope)? {
            if dictionary.body.digest != Digest::of(&entry.body) {
                return Err(TrustError::Unproven("файл федерации не тот, что подписан".into()).into());
            }
            held(&self.ledger).know_dictionary(&entry.body)?;
        }
        Ok(())
    }
}

/// Puts a request on its way. A closed channel means that the stream ended: its status is read as the next answer.
async fn send(requests: &mpsc::Sender<pb::ReplicateRequest>, request: Request) {
    let _ended = requests.send(pb::ReplicateRequest { request: Some(request) }).await;
}

fn remember(position: u64, parent_position: u64, refusal: Vec<u8>) -> pb::RememberedVerdict {
    pb::RememberedVerdict {
        position,
        parent_position,
        refusal,
    }
}
