//! What a newcomer or a renewing member signs: the request itself, under a prefix that nothing else is signed with.

use prost::Message;
use seal::{Digest, SealError, Signature, SigningKey, VerifyingKey};
use wire::pb;

const JOIN: &[u8] = b"svodka/join/v1\0";
const RENEW: &[u8] = b"svodka/renew/v1\0";

/// Signs a join request with both new keys: proof that the sender holds them.
pub fn sign_join(request: &mut pb::JoinRequest, signing: &SigningKey, ledger: &SigningKey) {
    let message = join_message(request);
    request.signing_proof = signing.sign(&message).as_bytes().to_vec();
    request.ledger_proof = ledger.sign(&message).as_bytes().to_vec();
}

/// Checks both proofs; what comes out are the keys they hold for.
pub fn check_join(request: &pb::JoinRequest) -> Result<(VerifyingKey, VerifyingKey), SealError> {
    let message = join_message(request);
    let signing = VerifyingKey::from_bytes(&request.signing_key)?;
    let ledger = VerifyingKey::from_bytes(&request.ledger_key)?;
    signing.verify(&message, &Signature::try_from(request.signing_proof.as_slice())?)?;
    ledger.verify(&message, &Signature::try_from(request.ledger_proof.as_slice())?)?;
    Ok((signing, ledger))
}

/// Signs a renewal with the registered signing key.
pub fn sign_renew(request: &mut pb::RenewRequest, signing: &SigningKey) {
    request.signing_proof = signing.sign(&renew_message(request)).as_bytes().to_vec();
}

/// Checks a renewal against the registered signing key.
pub fn check_renew(request: &pb::RenewRequest, signing: &VerifyingKey) -> Result<(), SealError> {
    signing.verify(
        &renew_message(request),
        &Signature::try_from(request.signing_proof.as_slice())?,
    )
}

fn join_message(request: &pb::JoinRequest) -> Vec<u8> {
    let bare = pb::JoinRequest {
        signing_proof: vec![],
        ledger_proof: vec![],
        ..request.clone()
    };
    [JOIN, Digest::of(&bare.encode_to_vec()).as_bytes()].concat()
}

fn renew_message(request: &pb::RenewRequest) -> Vec<u8> {
    let bare = pb::RenewRequest {
        signing_proof: vec![],
        ..request.clone()
    };
    [RENEW, Digest::of(&bare.encode_to_vec()).as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_its_own_request_only() {
        let (signing, ledger) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
        let mut request = pb::JoinRequest {
            invitation: "a".into(),
            signing_key: signing.verifying_key().to_bytes().to_vec(),
            ledger_key: ledger.verifying_key().to_bytes().to_vec(),
            ..Default::default()
        };
        sign_join(&mut request, &signing, &ledger);
        assert!(check_join(&request).is_ok());
        let other = pb::JoinRequest {
            invitation: "b".into(),
            ..request.clone()
        };
        assert!(check_join(&other).is_err());
        let swapped = pb::JoinRequest {
            signing_key: request.ledger_key.clone(),
            ..request
        };
        assert!(check_join(&swapped).is_err());
    }
}
