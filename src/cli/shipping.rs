//! `kyukyu log ship --status`

use super::client::ask;
use super::{Failure, out};
use crate::client::{Client, ClientFault};
use crate::protocol::view::{ShippingRow, ShippingState};
use crate::protocol::{Reply, Request};
use std::process::ExitCode;

pub(super) fn status(client: &mut Client, json: bool) -> Result<ExitCode, Failure> {
    let Reply::Shipping(view) = ask(client, Request::ShippingStatus)? else {
        return Err(Box::new(ClientFault::NotUnderstood));
    };
    if json {
        out::json(&view);
    } else if view.targets.is_empty() {
        out::line("送信先は設定されていません（操作ログはこのホストだけにあります）");
    } else {
        out::line(format!("操作ログ: {}件", view.entries));
        view.targets.iter().map(line).for_each(out::line);
    }
    let stopped = view.targets.iter().any(|row| row.state == ShippingState::Stopped);
    Ok(if stopped { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn line(row: &ShippingRow) -> String {
    let ShippingRow { target, place, sent, behind, since, words, .. } = row;
    let state = match row.state {
        ShippingState::Sending if *behind == 0 => "すべて送信済み".to_owned(),
        ShippingState::Sending => format!("送信中（残り{behind}件）"),
        ShippingState::Waiting => format!("{since}から送信できません（残り{behind}件）。{words}"),
        ShippingState::Stopped => format!("{since}に停止しました（残り{behind}件）。{words}"),
    };
    format!("  {target} {place}: {sent}番まで送信済み、{state}")
}
