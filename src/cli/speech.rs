//! The command line speaks Japanese. clap has no translations: headings are set where it lets us, what it composes
//! itself is replaced word for word, and its errors are told anew from their kind and their parts.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Arg, ArgAction, Command};
use std::error::Error as _;

const TEMPLATE: &str = "{about-with-newline}\n使い方: {usage}\n\n{all-args}{after-help}";

/// What clap writes into a help text by itself.
const WORDS: [(&str, &str); 8] = [
    ("[OPTIONS]", "[オプション]"),
    ("[COMMAND]", "[コマンド]"),
    ("<COMMAND>", "<コマンド>"),
    ("[default: ", "[既定: "),
    ("[env: ", "[環境変数: "),
    ("[possible values: ", "[指定できる値: "),
    ("Possible values:", "指定できる値:"),
    // A list that follows a paragraph is set off by a line of blanks.
    ("          \n", "\n"),
];

/// Headings, and `--help` and `--version` with words of our own, all the way down.
pub(super) fn teach(command: Command) -> Command {
    let top = command.get_version().is_some();
    let mut taught = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("コマンド")
        .disable_help_flag(true)
        .disable_version_flag(true)
        .mut_args(|arg| {
            let heading = match (arg.is_positional(), arg.is_global_set()) {
                (true, _) => "引数",
                (_, true) => "共通のオプション",
                _ => "オプション",
            };
            arg.help_heading(heading)
        })
        .mut_subcommands(teach)
        .arg(flag("help", 'h', ArgAction::Help, "ヘルプを表示します"));
    if top {
        taught = taught.arg(flag("version", 'V', ArgAction::Version, "版を表示します"));
    }
    taught
}

fn flag(name: &'static str, short: char, action: ArgAction, help: &'static str) -> Arg {
    Arg::new(name).short(short).long(name).action(action).help(help).help_heading("オプション")
}

/// A help text, or the sentence for a wrong command line.
pub(super) fn tell(error: &Error) -> String {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let help = error.render().to_string();
        return WORDS.iter().fold(help, |text, (theirs, ours)| text.replace(theirs, ours));
    }
    format!("{}\n使い方は、同じコマンドに --help を付けると表示されます", complaint(error))
}

fn complaint(error: &Error) -> String {
    let part = |kind| error.get(kind).map(words).unwrap_or_default();
    let (argument, value) = (part(ContextKind::InvalidArg), part(ContextKind::InvalidValue));
    match error.kind() {
        ErrorKind::UnknownArgument => format!("{argument} という指定はありません"),
        ErrorKind::InvalidSubcommand => {
            format!("「{}」というコマンドはありません", part(ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingRequiredArgument => format!("次の指定が足りません: {argument}"),
        ErrorKind::MissingSubcommand => "続くコマンドを指定してください".to_owned(),
        ErrorKind::ArgumentConflict => {
            let prior = part(ContextKind::PriorArg);
            if prior == argument {
                format!("{argument} が2回指定されています。1回だけ指定してください")
            } else {
                format!("{argument} と {prior} は同時に指定できません")
            }
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} には値が必要です"),
        ErrorKind::InvalidValue => {
            format!(
                "{argument} に「{value}」は指定できません。指定できる値: {}",
                part(ContextKind::ValidValue)
            )
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map(|why| reason(&why.to_string())).unwrap_or_default();
            format!("{argument} に「{value}」は指定できません。{why}")
        }
        ErrorKind::TooManyValues => format!("{argument} に「{value}」は余分です"),
        ErrorKind::InvalidUtf8 => "文字コードがUTF-8でない指定があります".to_owned(),
        _ => "指定のしかたが正しくありません".to_owned(),
    }
}

/// Ours are sentences already; the standard library's are about numbers.
fn reason(why: &str) -> String {
    if why.is_ascii() { "0以上の整数で指定してください".to_owned() } else { why.to_owned() }
}

fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(all) => all.join("、"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::CommandFactory as _;

    fn said(line: &str) -> String {
        let words = line.split_whitespace();
        tell(&teach(Cli::command()).try_get_matches_from(words).unwrap_err())
    }

    #[test]
    fn a_wrong_command_line_is_told_in_japanese() {
        let table = [
            ("kyukyu --nope", "--nope という指定はありません"),
            ("kyukyu hello", "「hello」というコマンドはありません"),
            ("kyukyu log --json", "続くコマンドを指定してください"),
            (
                "kyukyu init --kind hospital --code 1311234567 --exchange d --admin a --admin-name b",
                "次の指定が足りません: --facility <NAME>",
            ),
            (
                "kyukyu init --kind inn",
                "--kind <KIND> に「inn」は指定できません。機関の種類は hospital（病院）・clinic（診療所）・pharmacy（薬局）のいずれかで指定してください",
            ),
            (
                "kyukyu log show --most x",
                "--most <COUNT> に「x」は指定できません。0以上の整数で指定してください",
            ),
            ("kyukyu demo --keymap", "--keymap <NAME> には値が必要です"),
            (
                "kyukyu linksim --steps three",
                "--steps <段数> に「three」は指定できません。指定できる値: two、one",
            ),
            ("kyukyu demo --script --script", "--script が2回指定されています。1回だけ指定してください"),
        ];
        for (line, sentence) in table {
            assert_eq!(
                said(line),
                format!("{sentence}\n使い方は、同じコマンドに --help を付けると表示されます"),
                "{line}"
            );
        }
    }

    #[test]
    fn a_command_that_stops_halfway_shows_what_may_follow() {
        let help = said("kyukyu log");
        assert!(help.contains("使い方: kyukyu log") && help.contains("verify"), "{help}");
    }

    /// Every command and every argument has words of its own, and none of clap's English is left.
    #[test]
    fn every_help_is_in_japanese() {
        fn walk(command: &Command, path: &str, seen: &mut usize) {
            if command.is_hide_set() {
                return;
            }
            *seen += 1;
            let help = said(&format!("{path} --help"));
            for english in
                ["Usage", "Options", "Commands", "Arguments", "Print ", "default", "ossible values"]
            {
                let free = help.replace("--keymap <NAME>", "").replace("default, vim", "");
                let free = free.replace("既定: default", "");
                assert!(!free.contains(english), "{path}: {english}\n{help}");
            }
            for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
                let words = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!words.is_ascii(), "{path}: {} has no words", arg.get_id());
            }
            for below in command.get_subcommands() {
                let about = below.get_about().map(ToString::to_string).unwrap_or_default();
                assert!(below.is_hide_set() || !about.is_ascii(), "{path} {} has no words", below.get_name());
                walk(below, &format!("{path} {}", below.get_name()), seen);
            }
        }
        let mut seen = 0;
        walk(&Cli::command(), "kyukyu", &mut seen);
        assert!(seen > 15, "the commands were not found");
    }
}
