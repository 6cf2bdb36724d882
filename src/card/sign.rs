//! The ways in which cards sign a digest. Trying one costs no PIN try.

use super::session::{Selected, Verified};
use super::{
    CardError, ChallengeText, PublicKey, Signed, StatusWord, TransportError, apdu::Command,
    profile::SignatureVariant,
};

/// That the card accepted the key for variant B.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prepared;

/// Before VERIFY: where variant B comes first, names the key to the card. In this order known clients do it, and a
/// card that does not know MSE shows it before a try is spent.
pub(super) fn prepare(selected: &mut Selected<'_>) -> Result<Option<Prepared>, CardError> {
    if selected.profile.signature.first() != Some(&SignatureVariant::PaddedBlock) {
        return Ok(None);
    }
    Ok((set_key(selected)? == StatusWord::Success).then_some(Prepared))
}

fn set_key(selected: &mut Selected<'_>) -> Result<StatusWord, TransportError> {
    let key = selected.profile.key_ef;
    match selected.channel.select_file(key)? {
        StatusWord::Success => {}
        refused => return Ok(refused),
    }
    let [high, low] = key.to_be_bytes();
    let command = Command::new([0x00, 0x22, 0x41, 0xB6]).with(&[0x84, 0x02, high, low]);
    Ok(selected.channel.send(&command)?.status)
}

/// Tries the variants of the profile until one gives a signature that the certificate verifies.
pub(super) fn sign(verified: &mut Verified<'_>, challenge: &ChallengeText) -> Result<Signed, CardError> {
    let profile = verified.selected.profile.clone();
    let key = PublicKey::from_spki(verified.certificate.spki()).map_err(|_| CardError::Certificate(None))?;
    let digest = profile.hash.digest(challenge.as_bytes());
    let mut last = CardError::SigningFailed { status: StatusWord::UnknownInstruction };
    for variant in &profile.signature {
        let attempt = match variant {
            SignatureVariant::DigestInfo => digest_info(verified, &profile.hash.digest_info(&digest)),
            SignatureVariant::PaddedBlock => {
                let length = key.rsa_length().ok_or(CardError::Certificate(None))?;
                padded_block(verified, &pad(&profile.hash.digest_info(&digest), length))
            }
            SignatureVariant::Digest => bare_digest(verified, &digest),
        }?;
        match attempt {
            Ok(signature) if key.verify(profile.hash, challenge.as_bytes(), &signature).is_ok() => {
                return Ok(Signed {
                    certificate: verified.certificate.clone(),
                    signature,
                    hash: profile.hash,
                    profile: profile.name,
                });
            }
            Ok(_) => last = CardError::SignatureMismatch,
            Err(status) if status.means_unsupported() => last = CardError::SigningFailed { status },
            Err(status) => return Err(CardError::SigningFailed { status }),
        }
    }
    Err(last)
}

type Attempt = Result<Result<Vec<u8>, StatusWord>, CardError>;

fn digest_info(verified: &mut Verified<'_>, info: &[u8]) -> Attempt {
    let channel = &mut verified.selected.channel;
    match channel.select_file(verified.selected.profile.key_ef)? {
        StatusWord::Success => {}
        refused => return Ok(Err(refused)),
    }
    finish(verified, &Command::new([0x80, 0x2A, 0x00, 0x80]).with(info).expecting(256))
}

fn padded_block(verified: &mut Verified<'_>, block: &[u8]) -> Attempt {
    if verified.prepared.is_none() {
        match set_key(&mut verified.selected)? {
            StatusWord::Success => verified.prepared = Some(Prepared),
            refused => return Ok(Err(refused)),
        }
    }
    finish(verified, &Command::new([0x00, 0x2A, 0x9E, 0x9A]).with(block).expecting(65_536))
}

fn bare_digest(verified: &mut Verified<'_>, digest: &[u8]) -> Attempt {
    let channel = &mut verified.selected.channel;
    match channel.select_file(verified.selected.profile.key_ef)? {
        StatusWord::Success => {}
        refused => return Ok(Err(refused)),
    }
    finish(verified, &Command::new([0x00, 0x2A, 0x9E, 0x9A]).with(digest).expecting(256))
}

fn finish(verified: &mut Verified<'_>, command: &Command) -> Attempt {
    let response = verified.selected.channel.send(command)?;
    Ok(match response.status {
        StatusWord::Success => Ok(response.data),
        refused => Err(refused),
    })
}

/// EMSA-PKCS1-v1_5 without the hashing: `00 01 FF … FF 00 DigestInfo` (RFC 8017, 9.2).
pub(super) fn pad(info: &[u8], length: usize) -> Vec<u8> {
    let mut block = vec![0x00, 0x01];
    block.resize(length.saturating_sub(info.len() + 1), 0xFF);
    block.push(0x00);
    block.extend_from_slice(info);
    block
}
