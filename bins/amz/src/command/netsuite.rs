//! `amz netsuite`: what is done on the NetSuite side.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use amz_app::settings::ConnectionSettings;
use amz_app::suiteapp::{self, BundleFile, BundleOptions};
use anyhow::Context;
use serde::Serialize;
use url::Url;

use super::{WrongUse, connection, settings};
use crate::arguments::{BundleArguments, NetsuiteAction};
use crate::output::Output;

/// A text field of NetSuite holds no more.
const MAX_URL_BYTES: usize = 300;

pub(crate) fn run(
    config: Option<&Path>,
    action: NetsuiteAction,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let NetsuiteAction::Bundle(arguments) = action;
    let BundleArguments { out, url, prefix, connection: wanted } = arguments;
    let settings = settings(config)?;
    let connection = connection(&settings, wanted.as_deref())?;
    let bundle = bundle(connection, &url, prefix.as_deref())?;
    write(&out, &bundle.files)?;
    let written = Written {
        out: &out,
        connection: connection.name.as_str(),
        url: &bundle.events_url,
        fields: &bundle.renamed,
        item_sku_field: bundle.item_sku_field.as_deref(),
        files: bundle.files.iter().map(|file| file.path.as_str()).collect(),
    };
    output.write(&written, || text(&written))?;
    Ok(ExitCode::SUCCESS)
}

/// What came of it.
#[derive(Serialize)]
struct Written<'a> {
    out: &'a PathBuf,
    connection: &'a str,
    /// Where the outbox is sent.
    url: &'a str,
    /// Names that the configuration does not know yet, by standard name.
    fields: &'a BTreeMap<String, String>,
    /// `mapping.item_sku_field`, when it is one of those.
    #[serde(skip_serializing_if = "Option::is_none")]
    item_sku_field: Option<&'a str>,
    files: Vec<&'a str>,
}

/// A project and what the configuration must learn from it.
#[derive(Debug)]
struct Bundle {
    files: Vec<BundleFile>,
    events_url: String,
    renamed: BTreeMap<String, String>,
    item_sku_field: Option<String>,
}

/// The project for a connection. One that could not be deployed is an error.
fn bundle(connection: &ConnectionSettings, url: &Url, prefix: Option<&str>) -> anyhow::Result<Bundle> {
    let configured = &connection.netsuite.fields;
    let names: BTreeMap<String, String> = match prefix {
        Some(prefix) => {
            suiteapp::prefixed(configured.iter(), prefix).map_err(|refused| WrongUse(refused.to_string()))?
        }
        None => configured.iter().map(|(standard, name)| (standard.to_owned(), name.to_owned())).collect(),
    };
    let renamed: BTreeMap<String, String> = names
        .iter()
        .filter(|(standard, name)| configured.name(standard) != name.as_str())
        .map(|(standard, name)| (standard.clone(), name.clone()))
        .collect();
    let sku_field = &connection.netsuite.item_sku_field;
    let item_sku_field = configured
        .iter()
        .find(|(_, name)| name == sku_field)
        .and_then(|(standard, _)| renamed.get(standard))
        .cloned();
    let events_url = events_url(url, connection.name.as_str())?;
    let files = suiteapp::render(&BundleOptions { names, events_url: Some(events_url.clone()) });
    let findings = suiteapp::check(&files);
    if !findings.is_empty() {
        let lines: Vec<String> = findings.iter().map(|finding| format!("\n  {finding}")).collect();
        anyhow::bail!("NetSuite would refuse the project with these names:{}", lines.concat());
    }
    Ok(Bundle { files, events_url, renamed, item_sku_field })
}

/// Where the connection takes the bundle's notices.
fn events_url(base: &Url, connection: &str) -> Result<String, WrongUse> {
    if base.scheme() != "https" || base.host_str().is_none() {
        return Err(WrongUse(format!("NetSuite calls public https addresses only, not {base}")));
    }
    if !base.username().is_empty()
        || base.password().is_some()
        || base.query().is_some()
        || base.fragment().is_some()
    {
        return Err(WrongUse("the address must be scheme, host and path alone".to_owned()));
    }
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["v1", connection, "netsuite", "events"]);
    }
    let url = String::from(url);
    match url.len() <= MAX_URL_BYTES {
        true => Ok(url),
        false => Err(WrongUse(format!("the address is longer than {MAX_URL_BYTES} characters: {url}"))),
    }
}

/// Writes the files into a folder of their own.
fn write(out: &Path, files: &[BundleFile]) -> anyhow::Result<()> {
    match std::fs::read_dir(out) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(WrongUse(format!("{} is not empty", out.display())).into());
            }
        }
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("{} cannot be used", out.display()));
        }
        Err(_) => {}
    }
    for BundleFile { path, content } in files {
        let target = out.join(path);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        std::fs::write(&target, content).with_context(|| format!("cannot write {}", target.display()))?;
    }
    Ok(())
}

fn text(written: &Written<'_>) -> String {
    let Written { out, connection, url, fields, item_sku_field, files } = written;
    let mut text = format!(
        "{} files in {}; what to do with them: README.md there\nthe outbox of {connection} is sent to {url}\n",
        files.len(),
        out.display()
    );
    if fields.is_empty() {
        return text;
    }
    text.push_str("\nThese names go into the configuration of the connection:\n\n");
    if let Some(field) = item_sku_field {
        text.push_str(&format!("[connection.mapping]\nitem_sku_field = \"{field}\"\n\n"));
    }
    text.push_str("[connection.netsuite.fields]\n");
    for (standard, name) in *fields {
        text.push_str(&format!("{standard} = \"{name}\"\n"));
    }
    text
}

#[cfg(test)]
#[path = "netsuite_tests.rs"]
mod tests;
