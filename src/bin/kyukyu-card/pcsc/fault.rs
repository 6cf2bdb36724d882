//! What the errors of libpcsclite mean here. The same number means different things at different moments.

use kyukyu::card::TransportError;
use pcsc::Error;

/// Whether the context is of no use any more. It may still say that it is valid.
pub(super) fn is_dead(error: Error) -> bool {
    matches!(
        error,
        Error::NoService
            | Error::ServiceStopped
            | Error::CommError
            | Error::InvalidHandle
            | Error::Shutdown
            | Error::InternalError
    )
}

/// When reaching the service, its list of readers, or the card in one of them.
pub(super) fn of_service(error: Error, reader: &str) -> TransportError {
    match error {
        Error::UnknownReader | Error::ReaderUnavailable => TransportError::UnknownReader(reader.to_owned()),
        Error::NoReadersAvailable => TransportError::NoReader,
        Error::NoSmartcard | Error::RemovedCard => TransportError::NoCard,
        Error::ServiceStopped => TransportError::VersionMismatch,
        error => anywhere(error),
    }
}

/// When taking a card's turn, before anything was sent to it.
pub(super) fn of_begin(error: Error) -> TransportError {
    match error {
        Error::NoSmartcard | Error::RemovedCard | Error::NotTransacted => TransportError::NoCard,
        error => of_transmit(error),
    }
}

/// While the card is held.
pub(super) fn of_transmit(error: Error) -> TransportError {
    match error {
        // A removal is told as the first of these once, then as the second.
        Error::NotTransacted
        | Error::RemovedCard
        | Error::NoSmartcard
        | Error::ResetCard
        | Error::UnpoweredCard
        | Error::UnresponsiveCard => TransportError::Pulled,
        Error::UnknownReader | Error::ReaderUnavailable | Error::InvalidHandle | Error::CommDataLost => {
            TransportError::Broken
        }
        Error::ServiceStopped => TransportError::NoService,
        error => anywhere(error),
    }
}

fn anywhere(error: Error) -> TransportError {
    match error {
        // A connection to pcscd that broke is told as a communication error.
        Error::NoService | Error::Shutdown | Error::CommError => TransportError::NoService,
        Error::SharingViolation => TransportError::InUse,
        Error::Timeout | Error::ServerTooBusy => TransportError::NoAnswer,
        Error::SecurityViolation | Error::NoAccess => TransportError::NotAllowed,
        Error::UnresponsiveCard | Error::UnpoweredCard | Error::UnsupportedCard | Error::ProtoMismatch => {
            TransportError::Other("カードが応答しません".to_owned())
        }
        error => TransportError::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TransportError as T;

    #[test]
    fn the_rows_of_the_table() {
        let unknown = || T::UnknownReader("R".into());
        // (error, when reaching the card, when taking a turn, while holding it)
        let table = [
            (Error::NoService, T::NoService, T::NoService, T::NoService),
            (Error::CommError, T::NoService, T::NoService, T::NoService),
            (Error::ServiceStopped, T::VersionMismatch, T::NoService, T::NoService),
            (Error::NoSmartcard, T::NoCard, T::NoCard, T::Pulled),
            (Error::RemovedCard, T::NoCard, T::NoCard, T::Pulled),
            (Error::UnknownReader, unknown(), T::Broken, T::Broken),
            (Error::ReaderUnavailable, unknown(), T::Broken, T::Broken),
            (Error::NoReadersAvailable, T::NoReader, T::Other(String::new()), T::Other(String::new())),
            (Error::NotTransacted, T::Other(String::new()), T::NoCard, T::Pulled),
            (Error::SharingViolation, T::InUse, T::InUse, T::InUse),
            (Error::SecurityViolation, T::NotAllowed, T::NotAllowed, T::NotAllowed),
            (Error::UnresponsiveCard, T::Other(String::new()), T::Pulled, T::Pulled),
        ];
        let bare = |error: T| match error {
            T::Other(_) => T::Other(String::new()),
            error => error,
        };
        for (error, reaching, turn, holding) in table {
            let seen = (bare(of_service(error, "R")), bare(of_begin(error)), bare(of_transmit(error)));
            assert_eq!(seen, (reaching, turn, holding), "{error:?}");
        }
    }
}
