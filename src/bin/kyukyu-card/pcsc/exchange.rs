//! One card from connecting to letting go, inside the worker's thread. The calls nest as the card's states do.

use super::worker::{Order, Reply, Service};
use super::{fault, tpdu};
use kyukyu::card::TransportError;
use pcsc::{Card, Context, Disposition, Error, Protocol, Protocols, ShareMode, Transaction};
use std::ffi::CString;
use std::sync::mpsc::Receiver;
use zeroize::Zeroizing;

/// Longest ATR (ISO/IEC 7816-3, 8.1), and room for the name of a reader beside it.
const ATR_ROOM: usize = 33;
const NAME_ROOM: usize = 256;

/// Connects to a card and serves it until it is let go.
pub(super) fn open(service: &mut Service, reader: &str, reply: &Reply<Vec<u8>>, orders: &Receiver<Order>) {
    let connected = connect(service, reader);
    let (mut card, protocol, atr) = match connected {
        Ok(connected) => connected,
        Err(error) => {
            let _ = reply.send(Err(fault::of_service(error, reader)));
            return;
        }
    };
    if reply.send(Ok(atr)).is_ok() {
        serve(service, &mut card, protocol, orders);
    }
    // What is verified in a card was reset with the end of its transaction; another program may be at it already.
    let _ = card.disconnect(Disposition::LeaveCard);
}

fn connect(service: &mut Service, reader: &str) -> Result<(Card, Protocol, Vec<u8>), Error> {
    let name = CString::new(reader).map_err(|_| Error::UnknownReader)?;
    service.with(|context: &Context| {
        // Shared: what else has a connection may keep it. The transaction keeps it out of the exchange.
        let card = context.connect(&name, ShareMode::Shared, Protocols::T0 | Protocols::T1)?;
        let (mut names, mut atr) = ([0; NAME_ROOM], [0; ATR_ROOM]);
        let (protocol, atr) = {
            let status = card.status2(&mut names, &mut atr)?;
            (status.protocol2().ok_or(Error::ProtoMismatch)?, status.atr().to_vec())
        };
        Ok((card, protocol, atr))
    })
}

fn serve(service: &mut Service, card: &mut Card, protocol: Protocol, orders: &Receiver<Order>) {
    while let Ok(order) = orders.recv() {
        match order {
            Order::Begin(reply) => match begin(card) {
                Ok(transaction) => {
                    if reply.send(Ok(())).is_err() {
                        // The turn came too late. Nothing was done to the card.
                        return;
                    }
                    match transact(transaction, protocol, orders) {
                        Ok(true) => {}
                        Ok(false) => return,
                        Err(error) => service.doubt(error),
                    }
                }
                Err(error) => {
                    service.doubt(error);
                    let _ = reply.send(Err(fault::of_begin(error)));
                }
            },
            Order::Close(reply) => {
                let _ = reply.send(Ok(()));
                return;
            }
            // The transaction is over already.
            Order::End(reply) => drop(reply.send(Ok(()))),
            order => order.refuse(TransportError::Broken),
        }
    }
}

/// Begins the transaction; a card that another program reset meanwhile is taken up again first.
fn begin(card: &mut Card) -> Result<Transaction<'_>, Error> {
    match card.transaction2() {
        Err((card, Error::ResetCard)) => {
            card.reconnect(ShareMode::Shared, Protocols::T0 | Protocols::T1, Disposition::LeaveCard)?;
            card.transaction()
        }
        Err((_, error)) => Err(error),
        Ok(transaction) => Ok(transaction),
    }
}

/// Serves the transaction; whether anybody is still there afterwards.
fn transact(
    transaction: Transaction<'_>,
    protocol: Protocol,
    orders: &Receiver<Order>,
) -> Result<bool, Error> {
    let mut trouble = None;
    loop {
        match orders.recv() {
            Ok(Order::Transmit(apdu, reply)) => {
                let answer = transmit(&transaction, protocol, &apdu);
                drop(apdu);
                trouble = answer.as_ref().err().copied().flatten().or(trouble);
                let sent = reply.send(answer.map_err(|error| match error {
                    Some(error) => fault::of_transmit(error),
                    None => TransportError::Pulled,
                }));
                if sent.is_err() {
                    return end(transaction).map(|()| false);
                }
            }
            Ok(Order::End(reply)) => {
                let ended = end(transaction);
                let _ = reply.send(ended.map_err(fault::of_transmit));
                return trouble.map_or(ended.map(|()| true), Err);
            }
            Ok(order) => order.refuse(TransportError::Broken),
            // Nobody waits any more: no verified PIN stays behind.
            Err(_) => return end(transaction).map(|()| false),
        }
    }
}

fn end(transaction: Transaction<'_>) -> Result<(), Error> {
    transaction.end(Disposition::ResetCard).map_err(|(_, error)| error)
}

/// Sends one command. Success with fewer than two bytes, as a card pulled meanwhile gives, is `Err(None)`.
fn transmit(
    transaction: &Transaction<'_>,
    protocol: Protocol,
    apdu: &[u8],
) -> Result<Vec<u8>, Option<Error>> {
    let Some(bytes) = tpdu::shape(protocol, apdu) else { return Ok(tpdu::WRONG_LENGTH.to_vec()) };
    // Wiped as well: what a card answers to another program's PIN is nobody's business either.
    let mut room = Zeroizing::new(vec![0; tpdu::longest_answer(apdu)]);
    let answer = transaction.transmit(&bytes, &mut room).map_err(Some)?;
    if answer.len() < 2 { Err(None) } else { Ok(answer.to_vec()) }
}
