//! What each command does: mostly one request, and how its answer is shown.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::client::{Client, Refused, part};
use super::output::{self, table};
use super::{
    Apply, AuditCommand, Cli, Command, ContactCommand, DecisionsCommand, DefinitionsCommand, FAULTY, Place,
    RulesCommand, TenantCommand, TokenCommand, Whose, chat, folder, serve, watch,
};
use crate::bundle::{self, Files};
use crate::conversation::import;
use crate::rules::{Engine, EngineSettings, hook_name};
use crate::web::{BundleFiles, Imported, PublishedVersion, Question};

pub(super) fn run(cli: Cli) -> Result<ExitCode> {
    let Cli { place, command } = cli;
    let done = |()| ExitCode::SUCCESS;
    match command {
        Command::Serve { listen } => serve::run(&place, listen, None).map(done),
        Command::Demo { listen, rules } => serve::run(&place, listen, Some(rules)).map(done),
        Command::Lint { folder } => lint(&place, &folder),
        Command::Rules(RulesCommand::Check { file }) => check_rules(&place, &file),
        Command::ImportPages { out: Some(out), file, .. } => write_pages(&out, &file),
        Command::ImportPages { tenant, out: None, file } => {
            import_pages(&place, tenant.tenant.as_deref().unwrap_or_default(), &file)
        }
        Command::Apply(apply) => self::apply(&place, &apply),
        Command::Chat(options) => chat::run(&Client::open(&place)?, &options, place.json).map(done),
        Command::Tenant(command) => tenant(&place, command).map(done),
        Command::Token(command) => token(&place, command).map(done),
        Command::Definitions(command) => definitions(&place, command),
        Command::Contact(command) => contact(&place, command).map(done),
        Command::Sql { tenant, values, write, statement } => {
            let question = Question { sql: statement, values: pairs(&values)?, write };
            sql(&place, &tenant.tenant, &question).map(done)
        }
        Command::Rules(command) => rules(&place, command).map(done),
        Command::Decisions(command) => decisions(&place, command),
        Command::Audit(AuditCommand::Verify { tenant }) => verify(&place, &tenant.tenant),
    }
}

fn token(place: &Place, command: TokenCommand) -> Result<()> {
    let client = Client::open(place)?;
    let tokens = |tenant: &str| format!("/api/v1/tenants/{}/tokens", part(tenant));
    match command {
        TokenCommand::Create { tenant, role, label } => {
            let made: Value = client.post(&tokens(&tenant.tenant), &json!({ "role": role, "label": label }))?;
            if place.json {
                return output::json(&made);
            }
            println!("{}", made["token"].as_str().unwrap_or_default());
        }
        TokenCommand::List { tenant } => {
            let all: Vec<Value> = client.get(&tokens(&tenant.tenant))?;
            if place.json {
                return output::json(&all);
            }
            let moment = |at: &Value| at.as_i64().map(output::moment).unwrap_or_default();
            let row = |one: &Value| {
                vec![
                    text(&one["id"]),
                    text(&one["role"]),
                    moment(&one["created_at"]),
                    moment(&one["revoked_at"]),
                    text(&one["label"]),
                ]
            };
            let header = ["id", "role", "made (UTC)", "revoked (UTC)", "label"];
            table(&header, &all.iter().map(row).collect::<Vec<_>>());
        }
        TokenCommand::Revoke { tenant, id } => {
            client.act("DELETE", &format!("{}/{}", tokens(&tenant.tenant), part(&id)))?;
            if place.json {
                return output::json(&json!({ "revoked": id }));
            }
            println!("{id} opens nothing any more");
        }
    }
    Ok(())
}

/// `NAME=VALUE` as JSON: always text, so that `0825550101` keeps its zero.
pub(super) fn pairs(given: &[String]) -> Result<serde_json::Map<String, Value>> {
    given
        .iter()
        .map(|pair| {
            let Some((name, value)) = pair.split_once('=') else { bail!("`{pair}` is not of the form NAME=VALUE") };
            Ok((name.to_owned(), Value::String(value.to_owned())))
        })
        .collect()
}

fn tenant(place: &Place, command: TenantCommand) -> Result<()> {
    let client = Client::open(place)?;
    match command {
        TenantCommand::Create { name } => {
            let made: Value = client.post("/api/v1/tenants", &json!({ "name": name }))?;
            if place.json {
                return output::json(&made);
            }
            println!("tenant {name} created");
        }
        TenantCommand::List => {
            let all: Vec<Value> = client.get("/api/v1/tenants")?;
            if place.json {
                return output::json(&all);
            }
            for tenant in all {
                println!("{}", tenant["name"].as_str().unwrap_or_default());
            }
        }
    }
    Ok(())
}

fn to_files(files: &BTreeMap<String, String>) -> Files {
    files.iter().map(|(path, content)| (path.clone(), content.clone().into_bytes())).collect()
}

fn lint(place: &Place, path: &Path) -> Result<ExitCode> {
    let (faulty, faults) = match bundle::load(&to_files(&folder::read(path)?)) {
        Ok(bundle) => (false, bundle.warnings),
        Err(faults) => (true, faults),
    };
    if place.json {
        output::json(&faults)?;
    } else {
        output::faults(&faults);
        if !faulty {
            println!("{} is good{}", path.display(), if faults.is_empty() { "" } else { ", with warnings" });
        }
    }
    Ok(if faulty { ExitCode::from(FAULTY) } else { ExitCode::SUCCESS })
}

fn apply(place: &Place, apply: &Apply) -> Result<ExitCode> {
    let client = Client::open(place)?;
    let first = publish(&client, place, apply)?;
    if apply.watch {
        println!("watching {} …", apply.folder.display());
        watch::run(&apply.folder, || {
            if let Err(error) = publish(&client, place, apply) {
                eprintln!("forbear: {error:#}");
            }
        })?;
    }
    Ok(first)
}

fn publish(client: &Client, place: &Place, apply: &Apply) -> Result<ExitCode> {
    let body = BundleFiles {
        files: folder::read(&apply.folder)?,
        note: apply.note.clone(),
        move_contacts: apply.move_contacts,
        drop: apply.drop,
    };
    let path = format!("/api/v1/tenants/{}/definitions", part(&apply.tenant.tenant));
    shown_faults(place, client.put::<PublishedVersion>(&path, &body), |published| {
        output::faults(&published.warnings);
        println!("version {} of {} is live", published.version, apply.tenant.tenant);
    })
}

/// Shows an answer, or the faults of a refusal.
fn shown_faults<T: serde::Serialize>(place: &Place, answer: Result<T>, show: impl FnOnce(&T)) -> Result<ExitCode> {
    match answer {
        Ok(answer) if place.json => output::json(&answer)?,
        Ok(answer) => show(&answer),
        Err(error) => match error.downcast::<Refused>() {
            Ok(Refused(problem)) if !problem.faults.is_empty() => {
                if place.json {
                    output::json(&problem)?;
                } else {
                    output::faults(&problem.faults);
                    eprintln!("forbear: {}", problem.detail);
                }
                return Ok(ExitCode::from(FAULTY));
            }
            Ok(refused) => return Err(refused.into()),
            Err(other) => return Err(other),
        },
    }
    Ok(ExitCode::SUCCESS)
}

fn import_pages(place: &Place, tenant: &str, file: &Path) -> Result<ExitCode> {
    let sql = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let path = format!("/api/v1/tenants/{}/pages", part(tenant));
    let answer = Client::open(place)?.post::<Imported>(&path, &json!({ "sql": sql, "file": name }));
    shown_faults(place, answer, |imported| {
        output::faults(&imported.notes);
        println!("version {} of {tenant} is live with {}", imported.version, imported.conversations.join(", "));
    })
}

/// Pages from SQL as YAML files of a bundle, without a tenant.
fn write_pages(out: &Path, file: &Path) -> Result<ExitCode> {
    let sql = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let imported = match import::import(&file.to_string_lossy(), &sql) {
        Ok(imported) => imported,
        Err(faults) => {
            output::faults(&faults);
            return Ok(ExitCode::from(FAULTY));
        }
    };
    output::faults(&imported.notes);
    let folder = out.join("conversations");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    for (code, conversation) in &imported.conversations {
        let path = folder.join(format!("{}.yaml", code.to_ascii_lowercase()));
        std::fs::write(&path, bundle::write_conversation(conversation)).with_context(|| path.display().to_string())?;
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn definitions(place: &Place, command: DefinitionsCommand) -> Result<ExitCode> {
    let client = Client::open(place)?;
    match command {
        DefinitionsCommand::History { tenant } => {
            let all: Vec<Value> = client.get(&format!("/api/v1/tenants/{}/definitions", part(&tenant.tenant)))?;
            if place.json {
                return output::json(&all).map(|()| ExitCode::SUCCESS);
            }
            let row = |one: &Value| {
                vec![
                    one["version"].to_string(),
                    output::moment(one["at"].as_i64().unwrap_or_default()),
                    text(&one["actor"]),
                    one["files"].to_string(),
                    text(&one["note"]),
                ]
            };
            table(&["version", "published (UTC)", "by", "files", "note"], &all.iter().map(row).collect::<Vec<_>>());
        }
        DefinitionsCommand::Diff { tenant, from, to } => {
            let path = format!("/api/v1/tenants/{}/definitions/{from}/diff/{to}", part(&tenant.tenant));
            let answer: Value = client.get(&path)?;
            if place.json {
                return output::json(&answer).map(|()| ExitCode::SUCCESS);
            }
            print!("{}", answer["diff"].as_str().unwrap_or_default());
        }
        DefinitionsCommand::Rollback { tenant, version } => {
            let path = format!("/api/v1/tenants/{}/definitions/rollback", part(&tenant.tenant));
            let answer = client.post::<PublishedVersion>(&path, &json!({ "version": version }));
            return shown_faults(place, answer, |published| {
                println!("version {} is live with the files of version {version}", published.version);
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn contact_path(whose: &Whose) -> String {
    let Whose { tenant, code, sender } = whose;
    format!("/api/v1/tenants/{}/contacts/{}/{}", part(&tenant.tenant), part(code), part(sender))
}

fn contact(place: &Place, command: ContactCommand) -> Result<()> {
    let client = Client::open(place)?;
    match command {
        ContactCommand::Show(whose) => {
            let view: Value = client.get(&contact_path(&whose))?;
            if place.json {
                return output::json(&view);
            }
            println!(
                "{} in {}: page {}, {}, on {}",
                text(&view["sender_id"]),
                text(&view["conversation"]),
                view["page_no"],
                text(&view["status"]),
                text(&view["channel"])
            );
            for line in view["history"].as_array().into_iter().flatten() {
                println!("{}  < {}", output::moment(line["at"].as_i64().unwrap_or_default()), text(&line["raw_input"]));
                for said in text(&line["message"]).lines() {
                    println!("{:>19}  > {said}", "");
                }
            }
        }
        ContactCommand::Reset(whose) => {
            client.act("DELETE", &contact_path(&whose))?;
            if place.json {
                return output::json(&json!({ "reset": true }));
            }
            println!("{} begins anew in {}", whose.sender, whose.code);
        }
    }
    Ok(())
}

fn sql(place: &Place, tenant: &str, question: &Question) -> Result<()> {
    let path = format!("/api/v1/tenants/{}/sql", part(tenant));
    let answers: Value = match Client::open(place)?.post(&path, question) {
        Ok(answers) => answers,
        Err(error) => match error.downcast::<Refused>()?.0 {
            problem if problem.line.is_some() => {
                let (line, column) = (problem.line.unwrap_or_default(), problem.column.unwrap_or_default());
                bail!("{line}:{column}: {} [{}]", problem.detail, problem.code)
            }
            problem => bail!(problem.detail),
        },
    };
    if place.json {
        return output::json(&answers);
    }
    for answer in answers.as_array().into_iter().flatten() {
        let columns: Vec<&str> = answer["columns"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let rows: Vec<Vec<String>> = answer["rows"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|row| row.as_array().into_iter().flatten().map(cell).collect())
            .collect();
        table(&columns, &rows);
    }
    if answers.as_array().is_some_and(Vec::is_empty) {
        println!("done");
    }
    Ok(())
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        other => text(other),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn rules(place: &Place, command: RulesCommand) -> Result<()> {
    let client = Client::open(place)?;
    match command {
        RulesCommand::Push { tenant, file, activate } => {
            let content = std::fs::read(&file).with_context(|| file.display().to_string())?;
            let path = format!("/api/v1/tenants/{}/rules?activate={activate}", part(&tenant.tenant));
            let version: Value = client.post_bytes(&path, content)?;
            if place.json {
                return output::json(&version);
            }
            let state = if version["active"] == Value::Bool(true) { "active" } else { "uploaded, not active" };
            println!(
                "{} {} is {state}: {}",
                text(&version["name"]),
                text(&version["version"]),
                text(&version["sha256"])
            );
        }
        RulesCommand::List { tenant } => {
            let all: Vec<Value> = client.get(&format!("/api/v1/tenants/{}/rules", part(&tenant.tenant)))?;
            if place.json {
                return output::json(&all);
            }
            let names = |list: &Value| list.as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(" ");
            let row = |one: &Value| {
                vec![
                    if one["active"] == Value::Bool(true) { "*".to_owned() } else { String::new() },
                    text(&one["sha256"]).chars().take(12).collect(),
                    text(&one["name"]),
                    text(&one["version"]),
                    one["size"].to_string(),
                    output::moment(one["uploaded_at"].as_i64().unwrap_or_default()),
                    names(&one["hooks"]),
                ]
            };
            let header = ["", "sha-256", "name", "version", "bytes", "uploaded (UTC)", "hooks"];
            table(&header, &all.iter().map(row).collect::<Vec<_>>());
        }
        RulesCommand::Activate { tenant, version } => {
            let path = format!("/api/v1/tenants/{}/rules/{}/activate", part(&tenant.tenant), part(&version));
            client.act("POST", &path)?;
            if place.json {
                return output::json(&json!({ "activated": version }));
            }
            println!("{version} decides for {}", tenant.tenant);
        }
        // Checked without a host, before any is opened.
        RulesCommand::Check { .. } => {}
    }
    Ok(())
}

fn check_rules(place: &Place, file: &Path) -> Result<ExitCode> {
    let content = std::fs::read(file).with_context(|| file.display().to_string())?;
    let engine = Engine::new(EngineSettings::default())?;
    match engine.check(&content) {
        Ok(module) if place.json => output::json(module.about())?,
        Ok(module) => {
            let manifest = module.manifest();
            let hooks: Vec<&str> = manifest.hooks.iter().map(|hook| hook_name(*hook)).collect();
            println!("{} {} is good: {} bytes", manifest.name, manifest.version, content.len());
            println!("  sha-256 {}", module.about().sha256);
            println!("  hooks   {}", hooks.join(", "));
            for fact in &manifest.facts {
                println!("  fact    {}: {}", fact.name, fact.sql.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }
        Err(error) => {
            if place.json {
                output::json(&json!({ "code": error.code(), "detail": error.to_string() }))?;
            } else {
                eprintln!("{}: {error} [{}]", file.display(), error.code());
            }
            return Ok(ExitCode::from(FAULTY));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn decisions(place: &Place, command: DecisionsCommand) -> Result<ExitCode> {
    let client = Client::open(place)?;
    match command {
        DecisionsCommand::List { tenant, guid, limit } => {
            let guid = guid.map(|guid| format!("&guid={}", part(&guid))).unwrap_or_default();
            let path = format!("/api/v1/tenants/{}/decisions?limit={limit}{guid}", part(&tenant.tenant));
            let all: Vec<Value> = client.get(&path)?;
            if place.json {
                output::json(&all)?;
                return Ok(ExitCode::SUCCESS);
            }
            let row = |one: &Value| {
                vec![
                    one["id"].to_string(),
                    output::moment(one["at"].as_i64().unwrap_or_default()),
                    text(&one["hook"]),
                    text(&one["module"]).chars().take(12).collect(),
                    text(&one["conversation"]),
                    one["page_no"].to_string(),
                    text(&one["outcome"]),
                    one["fuel"].to_string(),
                    one["micros"].to_string(),
                ]
            };
            let header = ["id", "at (UTC)", "hook", "module", "conversation", "page", "outcome", "fuel", "µs"];
            table(&header, &all.iter().map(row).collect::<Vec<_>>());
            Ok(ExitCode::SUCCESS)
        }
        DecisionsCommand::Replay { tenant, id } => {
            let path = format!("/api/v1/tenants/{}/decisions/{id}/replay", part(&tenant.tenant));
            let answer: Value = client.post(&path, &json!({}))?;
            let comparison = text(&answer["comparison"]);
            if place.json {
                output::json(&answer)?;
            } else {
                println!("decision {id}: {comparison}");
                println!("  then {} (fuel {})", answer["recorded"], answer["fuel_recorded"]);
                println!("  now  {} (fuel {})", answer["now"], answer["fuel_now"]);
            }
            Ok(if comparison == "different" { ExitCode::from(FAULTY) } else { ExitCode::SUCCESS })
        }
    }
}

fn verify(place: &Place, tenant: &str) -> Result<ExitCode> {
    let verdict: Value = Client::open(place)?.get(&format!("/api/v1/tenants/{}/audit/verify", part(tenant)))?;
    let breaks = verdict["breaks"].as_array().cloned().unwrap_or_default();
    if place.json {
        output::json(&verdict)?;
    } else {
        for found in &breaks {
            println!("{} row {}: {}", text(&found["chain"]), found["seq"], text(&found["what"]));
        }
        println!("{} rows, {} breaks", verdict["rows"], breaks.len());
    }
    Ok(if breaks.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FAULTY) })
}
