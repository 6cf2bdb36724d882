//! The group's archive: a table of PostgreSQL, or of what speaks its wire protocol.
//!
//! One transaction a delivery: `INSERT … ON CONFLICT DO NOTHING`, then the rows of these numbers are read back and
//! compared, together with the row before them, then `COMMIT`. So a delivery that was cut off can be sent again, and nothing is ever overwritten; our role
//! may INSERT and SELECT only, and SELECT not even the bodies. Standard SQL but for `ON CONFLICT`, which the engines
//! that speak the protocol know as well. The table and the role: `packaging/archive.sql`.

use super::{CONNECT, DELIVER, Parcel, ShipError, TlsFiles, secret, tls, wire};
use crate::log::StoreId;
use std::path::PathBuf;
use tokio::net::UnixStream;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls};

/// Where the database is, and who we are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Host name or address, or the folder of a Unix socket.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: String,
    /// Role.
    pub user: String,
    /// Its password, read anew for each connection.
    pub password: Option<PathBuf>,
    /// TLS; never for a Unix socket.
    pub tls: Option<TlsFiles>,
}

/// The database as a target.
#[derive(Debug)]
pub struct Postgres {
    settings: Settings,
    connected: Option<Client>,
}

impl Postgres {
    /// Nothing is connected before the first delivery.
    pub fn new(settings: Settings) -> Self {
        Self { settings, connected: None }
    }

    /// Host, port and database.
    pub fn place(&self) -> String {
        let Settings { host, port, database, .. } = &self.settings;
        format!("{host}:{port}/{database}")
    }

    /// See [`super::Target::deliver`].
    pub async fn deliver(&mut self, store: &StoreId, parcels: &[Parcel]) -> Result<(), ShipError> {
        let mut client = self.client().await?;
        let delivered = tokio::time::timeout(DELIVER, insert(&mut client, store, parcels)).await;
        match delivered {
            Ok(Ok(())) => {
                self.connected = Some(client);
                Ok(())
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(hangs()),
        }
    }

    /// The connection that there is, or a new one. It is put back only after something succeeded on it.
    pub(super) async fn client(&mut self) -> Result<Client, ShipError> {
        match self.connected.take().filter(|client| !client.is_closed()) {
            Some(client) => Ok(client),
            None => connect(&self.settings).await,
        }
    }

    pub(super) fn keep(&mut self, client: Client) {
        self.connected = Some(client);
    }
}

pub(super) fn hangs() -> ShipError {
    ShipError::Away(
        "PostgreSQL から応答がありません。サーバーの状態を確認してください（自動で再接続します）".into(),
    )
}

async fn connect(settings: &Settings) -> Result<Client, ShipError> {
    let mut config = Config::new();
    config.user(&settings.user).dbname(&settings.database).application_name("kyukyu");
    if let Some(path) = &settings.password {
        config.password(secret(path)?.as_slice());
    }
    let connected = tokio::time::timeout(CONNECT, open(settings, config));
    connected.await.unwrap_or_else(|_| Err(hangs()))
}

async fn open(settings: &Settings, mut config: Config) -> Result<Client, ShipError> {
    if settings.host.starts_with('/') {
        let path = format!("{}/.s.PGSQL.{}", settings.host, settings.port);
        let stream = UnixStream::connect(&path).await.map_err(|error| {
            let why = error.kind();
            ShipError::Away(format!(
                "{path} に接続できません（{why}）。PostgreSQL が動いているか確認してください"
            ))
        })?;
        let (client, connection) = config.connect_raw(stream, NoTls).await.map_err(|error| said(&error))?;
        tokio::spawn(connection);
        return Ok(client);
    }
    let stream = wire::dial(&settings.host, settings.port).await?;
    let Some(files) = &settings.tls else {
        config.ssl_mode(SslMode::Disable);
        let (client, connection) = config.connect_raw(stream, NoTls).await.map_err(|error| said(&error))?;
        tokio::spawn(connection);
        return Ok(client);
    };
    config.ssl_mode(SslMode::Require);
    wrapped(&config, stream, tls::Connector::read(files)?).await
}

#[cfg(feature = "archive-tls")]
async fn wrapped(
    config: &Config,
    stream: tokio::net::TcpStream,
    connector: tls::Connector,
) -> Result<Client, ShipError> {
    let (client, connection) = config.connect_raw(stream, connector).await.map_err(|error| {
        let why = std::error::Error::source(&error).map(ToString::to_string);
        if error.code().is_some() { said(&error) } else { tls::failed(&why.unwrap_or_default()) }
    })?;
    tokio::spawn(connection);
    Ok(client)
}

#[cfg(not(feature = "archive-tls"))]
#[allow(clippy::unused_async)] // as the other one
async fn wrapped(
    _: &Config,
    _: tokio::net::TcpStream,
    connector: tls::Connector,
) -> Result<Client, ShipError> {
    match connector {}
}

async fn insert(client: &mut Client, store: &StoreId, parcels: &[Parcel]) -> Result<(), ShipError> {
    let (Some(first), Some(last)) = (parcels.first(), parcels.last()) else { return Ok(()) };
    let host = store.to_string();
    let rows = parcels.iter().map(Row::of).collect::<Result<Vec<_>, _>>()?;
    let mut values: Vec<&(dyn ToSql + Sync)> = vec![&host];
    for row in &rows {
        values.extend([&row.seq as &(dyn ToSql + Sync), &row.prev, &row.hash, &row.body]);
    }
    let transaction = client.transaction().await.map_err(|error| said(&error))?;
    transaction.execute(&statement(rows.len()), &values).await.map_err(|error| said(&error))?;
    let from = number(first.seq.saturating_sub(1))?;
    let range: [&(dyn ToSql + Sync); 3] = [&host, &from, &number(last.seq)?];
    let held = transaction.query(READ_BACK, &range).await.map_err(|error| said(&error))?;
    let mut held = held.iter().peekable();
    if from > 0 {
        match held.next_if(|found| found.try_get(0).is_ok_and(|seq: i64| seq == from)) {
            Some(before) if before.try_get(2).is_ok_and(|hash: &[u8]| hash == first.prev.0) => {}
            Some(_) => return Err(ShipError::Forked { seq: first.seq.saturating_sub(1) }),
            None => {
                let last = transaction.query_one(LAST_BEFORE, &[&host, &from]).await;
                let last = last.and_then(|row| row.try_get::<_, i64>(0)).map_err(|error| said(&error))?;
                return Err(ShipError::Behind { held: u64::try_from(last).unwrap_or_default() });
            }
        }
    }
    for (row, parcel) in rows.iter().zip(parcels) {
        // A row that is not there was kept out by another one with the same predecessor.
        let same = held.next().is_some_and(|found| {
            found.try_get(0).is_ok_and(|seq: i64| seq == row.seq)
                && found.try_get(1).is_ok_and(|prev: &[u8]| prev == row.prev)
                && found.try_get(2).is_ok_and(|hash: &[u8]| hash == row.hash)
        });
        if !same {
            return Err(ShipError::Forked { seq: parcel.seq });
        }
    }
    transaction.commit().await.map_err(|error| said(&error))
}

const READ_BACK: &str =
    "SELECT seq, prev, hash FROM kyukyu_log WHERE host = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq";

const LAST_BEFORE: &str = "SELECT coalesce(max(seq), 0) FROM kyukyu_log WHERE host = $1 AND seq < $2";

/// One row's values.
struct Row<'a> {
    seq: i64,
    prev: &'a [u8],
    hash: &'a [u8],
    body: &'a [u8],
}

impl<'a> Row<'a> {
    fn of(parcel: &'a Parcel) -> Result<Self, ShipError> {
        let (prev, hash) = (parcel.prev.0.as_slice(), parcel.hash.0.as_slice());
        Ok(Self { seq: number(parcel.seq)?, prev, hash, body: &parcel.body })
    }
}

/// The table counts with signs.
pub(super) fn number(seq: u64) -> Result<i64, ShipError> {
    i64::try_from(seq).map_err(|_| ShipError::Away(format!("{seq}番は PostgreSQL の整数に収まりません")))
}

/// `INSERT` for so many rows: $1 is the store, four values follow for each.
fn statement(rows: usize) -> String {
    let mut sql = String::from("INSERT INTO kyukyu_log (host, seq, prev, hash, body) VALUES ");
    for row in 0..rows {
        let from = row * 4 + 2;
        let comma = if row == 0 { "" } else { ", " };
        sql.push_str(&format!("{comma}($1, ${from}, ${}, ${}, ${})", from + 1, from + 2, from + 3));
    }
    sql.push_str(" ON CONFLICT DO NOTHING");
    sql
}

/// What the database said, as a sentence that says what to do. Its own words are not passed on: they may hold data.
pub(super) fn said(error: &tokio_postgres::Error) -> ShipError {
    let Some(code) = error.code() else {
        let why = if error.is_closed() { "接続が切れました" } else { "通信できません" };
        let advice = "サーバーの状態と認証の設定を確認してください（自動で再接続します）";
        return ShipError::Away(format!("PostgreSQL: {why}。{advice}"));
    };
    let advice = match code {
        &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "認証に失敗しました。user・password_file・証明書と pg_hba.conf を確認してください"
        }
        &SqlState::INVALID_CATALOG_NAME => "データベースがありません。database を確認してください",
        &SqlState::UNDEFINED_TABLE | &SqlState::UNDEFINED_COLUMN => {
            "表がありません。archive.sql を実行してください"
        }
        &SqlState::INSUFFICIENT_PRIVILEGE => {
            "書込みの権限がありません。archive.sql の GRANT を確認してください"
        }
        &SqlState::DISK_FULL => "空きがありません。データベースの管理者に連絡してください",
        &SqlState::READ_ONLY_SQL_TRANSACTION => "読取り専用です。主サーバーに接続しているか確認してください",
        &SqlState::TOO_MANY_CONNECTIONS => "接続が上限に達しています。データベースの管理者に連絡してください",
        &SqlState::ADMIN_SHUTDOWN | &SqlState::CRASH_SHUTDOWN | &SqlState::CANNOT_CONNECT_NOW => {
            "サーバーが停止中または起動中です。そのままお待ちください（自動で再接続します）"
        }
        _ => "エラーになりました。データベースのログを確認してください（自動でやり直します）",
    };
    ShipError::Away(format!("PostgreSQL（コード {}）: {advice}", code.code()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_counts_its_values() {
        assert_eq!(
            statement(2),
            "INSERT INTO kyukyu_log (host, seq, prev, hash, body) VALUES ($1, $2, $3, $4, $5), \
             ($1, $6, $7, $8, $9) ON CONFLICT DO NOTHING"
        );
        assert!(statement(super::super::BATCH).contains("$2001)"));
    }

    #[test]
    fn numbers_beyond_the_tables_are_refused() {
        assert_eq!(number(7), Ok(7));
        assert!(number(u64::MAX).is_err());
    }
}
