//! The command line. Most commands are a client of the same addresses that the server serves: of a running server, if
//! one works in the data folder, else of one that lives as long as the command.

mod chat;
mod client;
mod commands;
mod folder;
mod output;
mod serve;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::tenant::Role;

/// Something was wrong with what was asked for.
const FAILED: u8 = 1;
/// The definitions, the module or the trail that was looked at has faults.
const FAULTY: u8 = 3;

#[derive(Debug, Parser)]
#[command(
    name = "forbear",
    version,
    about = "A WebAssembly rules host with scripted screens for collections teams",
    after_help = "Begin with:\n  forbear demo                              two tenants to talk to, at http://127.0.0.1:8484/phone\n  \
        forbear tenant create acme                a tenant of your own\n  forbear apply --tenant acme ./acme        publish its folder of definitions\n  \
        forbear chat --tenant acme --code HELLO --sender 0825550101\n\n\
        Exit codes: 0 done · 1 failed · 2 the command line is wrong · 3 faults were found"
)]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Place {
    /// Folder of everything that is kept on this machine.
    #[arg(long, global = true, default_value = "data", env = "FORBEAR_DATA", value_name = "DIR")]
    data: PathBuf,
    /// Keep tenants in PostgreSQL: postgres://USER@HOST/DATABASE
    #[arg(long, global = true, env = "FORBEAR_DATABASE_URL", value_name = "URL")]
    database_url: Option<String>,
    /// Answer in JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve conversations, the API and the phone, until SIGTERM or Ctrl-C.
    #[command(
        after_help = "Example:\n  forbear serve --data /var/lib/forbear --listen 0.0.0.0:8484 --database-url postgres://forbear@db/forbear"
    )]
    Serve {
        #[arg(long, default_value = "127.0.0.1:8484", value_name = "ADDR")]
        listen: std::net::SocketAddr,
    },
    /// Serve two ready-made tenants to talk to, open to anybody who can reach the address.
    #[command(after_help = "Example:\n  forbear demo --listen 127.0.0.1:9000")]
    Demo {
        #[arg(long, default_value = "127.0.0.1:8484", value_name = "ADDR")]
        listen: std::net::SocketAddr,
        /// Folder of the built modules.
        #[arg(long, default_value = "target/rules", value_name = "DIR")]
        rules: PathBuf,
    },
    /// Tenants.
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Tokens, with which programs and staff come in.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Publish a folder of definitions: all of it, or, with a fault, nothing.
    #[command(
        after_help = "Examples:\n  forbear apply --tenant acme ./acme\n  forbear apply --tenant acme ./acme --watch    publish again at every save"
    )]
    Apply(Apply),
    /// Say what is wrong with a folder of definitions; publishes nothing.
    #[command(after_help = "Example:\n  forbear lint ./acme")]
    Lint { folder: PathBuf },
    /// Versions of a tenant's definitions.
    #[command(subcommand)]
    Definitions(DefinitionsCommand),
    /// Import conversation pages from `INSERT INTO def_conversation_page …` statements, and publish them.
    #[command(
        after_help = "Examples:\n  forbear import-pages --tenant acme pages.sql\n  forbear import-pages --out ./acme pages.sql    write YAML files instead"
    )]
    ImportPages {
        #[command(flatten)]
        tenant: MaybeTenant,
        /// Write conversations/*.yaml into this folder and publish nothing.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        file: PathBuf,
    },
    /// Talk to a conversation in the terminal, as a debtor does.
    #[command(
        after_help = "Example:\n  forbear chat --tenant kopano --code PAYMENT_COLLECT --sender 0825550101 --account KA-1001 --debug"
    )]
    Chat(Chat),
    /// Where a sender stands in a conversation.
    #[command(subcommand)]
    Contact(ContactCommand),
    /// Run a checked statement as a page would.
    #[command(after_help = "Examples:\n  forbear sql --tenant acme 'SELECT * FROM accounts LIMIT 5'\n  \
        forbear sql --tenant acme --set account_id=A1 'SELECT balance FROM accounts WHERE account_id = $account_id$'\n  \
        forbear sql --tenant acme --write \"UPDATE accounts SET status = 'closed' WHERE account_id = 'A1'\"")]
    Sql {
        #[command(flatten)]
        tenant: OneTenant,
        /// The value of a $name$; may be given several times.
        #[arg(long = "set", value_name = "NAME=VALUE")]
        values: Vec<String>,
        /// Keep what the statements change.
        #[arg(long)]
        write: bool,
        statement: String,
    },
    /// Rules: the WebAssembly modules that decide.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// What modules were asked and answered.
    #[command(subcommand)]
    Decisions(DecisionsCommand),
    /// The trail of what was done.
    #[command(subcommand)]
    Audit(AuditCommand),
}

#[derive(Debug, Args)]
struct OneTenant {
    /// The tenant's name.
    #[arg(long, env = "FORBEAR_TENANT", value_name = "T")]
    tenant: String,
}

#[derive(Debug, Args)]
struct MaybeTenant {
    /// The tenant's name.
    #[arg(long, env = "FORBEAR_TENANT", value_name = "T", required_unless_present = "out")]
    tenant: Option<String>,
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// Make a tenant: 2 to 40 lower-case letters, digits and `_`, beginning with a letter.
    #[command(after_help = "Example:\n  forbear tenant create acme")]
    Create { name: String },
    /// List the tenants.
    List,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token and print it, alone. It is shown this once.
    #[command(after_help = "Example:\n  TOKEN=$(forbear token create --tenant acme --role system)")]
    Create {
        #[command(flatten)]
        tenant: OneTenant,
        #[arg(long)]
        role: Role,
        /// What it is for; the audit calls its holder so.
        #[arg(long, default_value = "")]
        label: String,
    },
    /// List the tokens, without their secrets.
    List {
        #[command(flatten)]
        tenant: OneTenant,
    },
    /// End a token, and every sign-in that was opened with it.
    #[command(after_help = "Example:\n  forbear token revoke --tenant acme 3f9a0c2b11de")]
    Revoke {
        #[command(flatten)]
        tenant: OneTenant,
        /// As `token list` shows it.
        id: String,
    },
}

#[derive(Debug, Args)]
struct Apply {
    #[command(flatten)]
    tenant: OneTenant,
    folder: PathBuf,
    /// Why, for the history.
    #[arg(long, default_value = "")]
    note: String,
    /// Move contacts that are under way to the new version; they stay on theirs otherwise.
    #[arg(long)]
    move_contacts: bool,
    /// Drop tables and columns that the folder no longer has, with their rows.
    #[arg(long)]
    drop: bool,
    /// Publish again whenever a file is saved, until stopped.
    #[arg(long)]
    watch: bool,
}

#[derive(Debug, Subcommand)]
enum DefinitionsCommand {
    /// List the versions.
    History {
        #[command(flatten)]
        tenant: OneTenant,
    },
    /// What changed between two versions.
    #[command(after_help = "Example:\n  forbear definitions diff --tenant acme 3 4")]
    Diff {
        #[command(flatten)]
        tenant: OneTenant,
        from: i64,
        to: i64,
    },
    /// Publish an old version's files again, as the newest version. Rows of tables stay as they are.
    #[command(after_help = "Example:\n  forbear definitions rollback --tenant acme 3")]
    Rollback {
        #[command(flatten)]
        tenant: OneTenant,
        version: i64,
    },
}

#[derive(Debug, Args)]
struct Chat {
    #[command(flatten)]
    tenant: OneTenant,
    /// The conversation's code.
    #[arg(long)]
    code: String,
    /// Who writes: a telephone number.
    #[arg(long)]
    sender: String,
    /// The account that is talked about: `$account_id$` of statements.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// console, sms, whatsapp, web or voice.
    #[arg(long, default_value = "console")]
    channel: String,
    /// A value of the conversation's context; may be given several times.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    values: Vec<String>,
    /// Show how each reply came about.
    #[arg(long)]
    debug: bool,
}

#[derive(Debug, Subcommand)]
enum ContactCommand {
    /// Where a sender stands, and what was said.
    #[command(after_help = "Example:\n  forbear contact show --tenant acme --code HELLO --sender 0825550101")]
    Show(Whose),
    /// Let a sender begin anew, also one whom an agent has taken over. What was said stays on record.
    #[command(after_help = "Example:\n  forbear contact reset --tenant acme --code HELLO --sender 0825550101")]
    Reset(Whose),
}

#[derive(Debug, Args)]
struct Whose {
    #[command(flatten)]
    tenant: OneTenant,
    /// The conversation's code.
    #[arg(long)]
    code: String,
    /// The sender: a telephone number.
    #[arg(long)]
    sender: String,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// Upload a module.
    #[command(after_help = "Example:\n  forbear rules push --tenant acme target/rules/standard.wasm --activate")]
    Push {
        #[command(flatten)]
        tenant: OneTenant,
        file: PathBuf,
        /// Let it decide at once.
        #[arg(long)]
        activate: bool,
    },
    /// List the versions.
    List {
        #[command(flatten)]
        tenant: OneTenant,
    },
    /// Let a version decide; `none` leaves the decisions to the data.
    #[command(
        after_help = "Examples:\n  forbear rules activate --tenant acme 3f9a52c1    an earlier version again\n  \
            forbear rules activate --tenant acme none"
    )]
    Activate {
        #[command(flatten)]
        tenant: OneTenant,
        /// The version's sha-256, or its beginning.
        version: String,
    },
    /// Check a module without uploading it: size, imports, manifest, a trial run of its `init`.
    #[command(after_help = "Example:\n  forbear rules check target/rules/standard.wasm")]
    Check { file: PathBuf },
}

#[derive(Debug, Subcommand)]
enum DecisionsCommand {
    /// The newest decisions.
    List {
        #[command(flatten)]
        tenant: OneTenant,
        /// Of one conversation session.
        #[arg(long)]
        guid: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Ask the module the same again, and compare bit for bit; exit code 3 if the answers differ.
    #[command(after_help = "Example:\n  forbear decisions replay --tenant acme 17")]
    Replay {
        #[command(flatten)]
        tenant: OneTenant,
        id: i64,
    },
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Recompute every hash of the audit and of the decision log; exit code 3 if one does not fit.
    #[command(after_help = "Example:\n  forbear audit verify --tenant acme")]
    Verify {
        #[command(flatten)]
        tenant: OneTenant,
    },
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    output::start_logging();
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("forbear: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}
