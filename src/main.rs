//! Which role to start is the command line's business.

fn main() -> std::process::ExitCode {
    kyukyu::cli::run()
}
