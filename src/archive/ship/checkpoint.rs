//! Signed checkpoints go where the rows go: whoever holds one can prove later that nothing before it was changed.
//!
//! The notes come from the log; here they are brought only. PostgreSQL holds one a size and never another one; to
//! syslog a note is one message more, base64 in the structured data, for it has line ends.

use super::postgres::{self, Postgres};
use super::syslog::Syslog;
use super::{DELIVER, ShipError, message};
use crate::log::StoreId;
use data_encoding::BASE64;
use tokio_postgres::Client;

impl Postgres {
    /// Keeps the note of a size. One that is there already is never overwritten, and is given where it is another one.
    pub async fn keep_checkpoint(
        &mut self,
        store: &StoreId,
        size: u64,
        note: &str,
    ) -> Result<Option<String>, ShipError> {
        let client = self.client().await?;
        let kept = tokio::time::timeout(DELIVER, keep(&client, store, size, note)).await;
        let other = kept.unwrap_or_else(|_| Err(postgres::hangs()))?;
        self.keep(client);
        Ok(other)
    }

    /// The newest notes that are there, the largest size first, `most` of them.
    pub async fn newest_checkpoints(&mut self, store: &StoreId, most: u32) -> Result<Vec<String>, ShipError> {
        const NEWEST: &str = "SELECT note FROM kyukyu_checkpoint WHERE host = $1 ORDER BY size DESC LIMIT $2";
        let client = self.client().await?;
        let (host, most) = (store.to_string(), i64::from(most));
        let rows = tokio::time::timeout(DELIVER, client.query(NEWEST, &[&host, &most])).await;
        let rows = rows.map_err(|_| postgres::hangs())?.map_err(|error| postgres::said(&error))?;
        self.keep(client);
        Ok(rows.iter().filter_map(|row| row.try_get(0).ok()).collect())
    }
}

async fn keep(client: &Client, store: &StoreId, size: u64, note: &str) -> Result<Option<String>, ShipError> {
    const KEEP: &str =
        "INSERT INTO kyukyu_checkpoint (host, size, note) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    const READ_BACK: &str = "SELECT note FROM kyukyu_checkpoint WHERE host = $1 AND size = $2";
    let (host, number) = (store.to_string(), postgres::number(size)?);
    client.execute(KEEP, &[&host, &number, &note]).await.map_err(|error| postgres::said(&error))?;
    let held =
        client.query_opt(READ_BACK, &[&host, &number]).await.map_err(|error| postgres::said(&error))?;
    // A pooler or a replica that lags behind may not show yet what was written.
    let held = held.ok_or_else(|| ShipError::Away("控えを書いた直後に読み返せませんでした".to_owned()))?;
    let held: String = held.try_get(0).map_err(|error| postgres::said(&error))?;
    Ok((held != note).then_some(held))
}

impl Syslog {
    /// Sends the note of a size. Syslog forgets nothing that it is told and compares nothing.
    pub async fn keep_checkpoint(&mut self, store: &StoreId, size: u64, note: &str) -> Result<(), ShipError> {
        let head = message::head(message::NOTICE, "-", "-", "checkpoint");
        let note = BASE64.encode(note.as_bytes());
        let data = format!("[kyukyu@32473 store=\"{store}\" size=\"{size}\" note=\"{note}\"]");
        self.send(&[format!("{head}{data}").into_bytes()]).await
    }
}
