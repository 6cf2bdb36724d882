//! A PostgreSQL server of our own, with the table and the role of `packaging/archive.sql`.

use super::process::{Process, free_port, until};
use super::support::site::Site;
use kyukyu::archive::ship::postgres::Settings;
use kyukyu::config::Config;
use kyukyu::config::archive::Postgres;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub const PASSWORD: &str = "archive-no-password";

pub struct Database {
    folder: tempfile::TempDir,
    process: Process,
    pub port: u16,
}

/// Where Debian has the programs; the newest version.
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL: apt-get install postgresql");
    let mut found: Vec<PathBuf> =
        versions.map(|version| version.unwrap().path().join("bin").join(name)).collect();
    found.retain(|path| path.exists());
    found.sort();
    found.pop().expect("PostgreSQL: apt-get install postgresql")
}

pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// PostgreSQL refuses root; its own user runs it then.
fn as_its_user(program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

pub fn done(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

impl Database {
    /// Running, with an empty table.
    pub fn new() -> Self {
        Self::with("", "")
    }

    /// The same with lines for postgresql.conf, and some before those of `pg_hba.conf`.
    pub fn with(settings: &str, doors: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("kyukyu-pg-").tempdir().unwrap();
        let port = free_port();
        if rustix::process::geteuid().is_root() {
            done(Command::new("chown").arg("postgres:").arg(folder.path()));
        }
        let mut database = Self { folder, process: Process::none(), port };
        let mut initdb = as_its_user(&program("initdb"));
        initdb.args(["--no-sync", "--encoding=UTF8", "--locale=C", "--username=postgres", "-D"]);
        done(initdb.arg(database.data()));
        // A kill of the processes takes nothing from the kernel's pages: no need to wait for the disk.
        let usual = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\nfsync = off\n\
             shared_buffers = '16MB'\nmax_connections = 20\n{settings}\n",
            database.folder.path().display()
        );
        let conf = fs::read_to_string(database.data().join("postgresql.conf")).unwrap();
        fs::write(database.data().join("postgresql.conf"), conf + &usual).unwrap();
        let doors = format!(
            "local all postgres trust\n{doors}\nlocal all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"
        );
        fs::write(database.data().join("pg_hba.conf"), doors).unwrap();
        database.start();
        database.sql("CREATE DATABASE audit", "postgres");
        database.file("packaging/archive.sql");
        database.ask(&format!("CREATE ROLE kyukyu_er1 LOGIN IN ROLE kyukyu_ship PASSWORD '{PASSWORD}'"));
        fs::write(database.password_file(), format!("{PASSWORD}\n")).unwrap();
        fs::set_permissions(database.password_file(), fs::Permissions::from_mode(0o600)).unwrap();
        database
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder of its socket.
    pub fn socket(&self) -> &Path {
        self.folder.path()
    }

    pub fn password_file(&self) -> PathBuf {
        self.folder.path().join("password")
    }

    pub fn start(&mut self) {
        // After a kill its children may live a moment longer, and it refuses to start beside them.
        until("PostgreSQL does not start", || {
            if !self.process.is_running() {
                let mut command = as_its_user(&program("postgres"));
                command.arg("-D").arg(self.data());
                self.process = Process::start(command, &self.folder.path().join("server.log"));
            }
            let ready = Command::new(program("pg_isready"))
                .arg("-q")
                .arg("-h")
                .arg(self.socket())
                .args(["-p", &self.port.to_string()])
                .status();
            if ready.unwrap().success() { Ok(()) } else { Err(self.log()) }
        });
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.process.end(Signal::KILL);
    }

    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Stops the server with every process of its own, so that nobody answers, or lets them go on.
    pub fn stop(&self) {
        self.process.signal(Signal::STOP);
        self.children().into_iter().for_each(|child| kill_process(child, Signal::STOP).unwrap());
    }

    pub fn go_on(&self) {
        self.children().into_iter().for_each(|child| kill_process(child, Signal::CONT).unwrap());
        self.process.signal(Signal::CONT);
    }

    fn children(&self) -> Vec<Pid> {
        let id = self.process.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        children.split_whitespace().map(|id| Pid::from_raw(id.parse().unwrap()).unwrap()).collect()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// What the database's administrator gets for a statement: rows, columns parted by `|`.
    pub fn ask(&self, sql: &str) -> String {
        self.sql(sql, "audit")
    }

    fn sql(&self, sql: &str, database: &str) -> String {
        let output = done(self.psql("postgres", database).args(["-c", sql]));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// A file of the repository, as the documents say to run it.
    pub fn file(&self, path: &str) -> String {
        let output = done(self.psql("postgres", "audit").arg("-f").arg(repository(path)));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// What a file finds after a statement, which is undone again.
    pub fn after(&self, sql: &str, path: &str) -> String {
        let mut psql = self.psql("postgres", "audit");
        psql.args(["-c", &format!("BEGIN; {sql}")]).arg("-f").arg(repository(path)).args(["-c", "ROLLBACK"]);
        String::from_utf8(done(&mut psql).stdout).unwrap().trim_end().to_owned()
    }

    /// The same as the station's role; the error where it may not.
    pub fn as_station(&self, sql: &str) -> Result<String, String> {
        let mut psql = self.psql("kyukyu_er1", "audit");
        let output = psql.env("PGPASSWORD", PASSWORD).args(["-c", sql]).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap().trim_end().to_owned();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    fn psql(&self, user: &str, database: &str) -> Command {
        let mut command = Command::new(program("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", database]);
        command.arg("-h").arg(self.socket()).args(["-p", &self.port.to_string()]);
        command
    }

    pub fn rows(&self) -> u64 {
        self.ask("SELECT count(*) FROM kyukyu_log").parse().unwrap()
    }

    /// The archive's own check: a line a fault.
    pub fn check(&self) -> String {
        self.file("packaging/archive-check.sql")
    }

    /// What a station needs to know of it.
    pub fn settings(&self) -> Settings {
        Settings {
            host: self.socket().to_str().unwrap().to_owned(),
            port: self.port,
            database: "audit".to_owned(),
            user: "kyukyu_er1".to_owned(),
            password: Some(self.password_file()),
            tls: None,
        }
    }

    /// A station's configuration names it.
    pub fn configure(&self, config: &mut Config) {
        let Settings { host, port, database, user, password, .. } = self.settings();
        let (allow_unencrypted, tls) = (false, None);
        config.archive.postgres =
            Some(Postgres { host, port, database, user, password_file: password, allow_unencrypted, tls });
    }

    /// A site that ships to it; the station does not run yet.
    pub fn site(&self) -> Site {
        let site = Site::new();
        site.configure(|config| self.configure(config));
        site
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.process.is_running() {
            self.go_on();
        }
        // A fast shutdown; its children end with it.
        self.process.end(Signal::INT);
    }
}
