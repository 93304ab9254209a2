//! The layer table of `ARCHITECTURE.md`, held against what Cargo and the sources say, and the rules
//! for sources that no lint can state. Every failure names the one thing to mend.

mod facts;
mod source;
mod table;

use facts::{Package, Purpose, Workspace};
use table::Table;

/// Fails with all problems at once.
fn report(problems: Vec<String>) {
    assert!(problems.is_empty(), "{} to mend:\n  - {}\n", problems.len(), problems.join("\n  - "));
}

#[test]
fn every_package_has_its_row() {
    let (workspace, table) = (Workspace::read(), Table::read());
    let mut problems = Vec::new();
    for package in &workspace.packages {
        match table.row(&package.name) {
            None => problems.push(format!(
                "`{}` has no row in the layer table of ARCHITECTURE.md: add one where its arrows point up",
                package.name
            )),
            Some(row) if row.folder != package.folder => problems.push(format!(
                "the layer table puts `{}` in `{}`, it lies in `{}`",
                package.name, row.folder, package.folder
            )),
            Some(_) => {}
        }
    }
    for row in &table.rows {
        if workspace.package(&row.package).is_none() {
            problems.push(format!(
                "the layer table lists `{}`, which is no package of the workspace: remove the row",
                row.package
            ));
        }
    }
    report(problems);
}

#[test]
fn arrows_point_up_and_only_where_allowed() {
    let (workspace, table) = (Workspace::read(), Table::read());
    let mut problems = table.unknown_names();
    for package in &workspace.packages {
        let Some(row) = table.row(&package.name) else {
            continue;
        };
        for used in package.workspace_dependencies(&workspace) {
            let (from, to) = (&package.name, &used.name);
            if table.row(to).is_none() {
                continue;
            }
            let higher = table.position(to) < table.position(from);
            if !higher {
                problems.push(format!(
                    "{}/Cargo.toml: `{from}` depends on `{to}`, which stands below it in the layer table",
                    package.folder
                ));
            } else if !row.may_use.allows(used.short_name()) {
                problems.push(format!(
                    "{}/Cargo.toml: `{from}` may not use `{to}`; if the arrow has a reason, say it in \
                     the commit and add `{}` to its \"may use\" in ARCHITECTURE.md",
                    package.folder,
                    used.short_name()
                ));
            }
        }
    }
    report(problems);
}

#[test]
fn a_dependency_with_a_sole_user_has_no_other() {
    let (workspace, table) = (Workspace::read(), Table::read());
    let mut problems = Vec::new();
    for package in &workspace.packages {
        for dependency in &package.dependencies {
            for owner in table.sole_users(&dependency.name) {
                if owner.package != package.name {
                    problems.push(format!(
                        "{}/Cargo.toml: remove `{}`; only `{}` may use it",
                        package.folder, dependency.name, owner.package
                    ));
                }
            }
        }
        let sources = package.sources(&workspace.root);
        for row in table.rows.iter().filter(|row| row.package != package.name) {
            for dependency in
                row.sole_user_of.iter().flat_map(|pattern| workspace.matching(pattern))
            {
                problems.extend(sources.iter().filter_map(|source| {
                    let line = source.line_that_names(dependency)?;
                    let (path, owner) = (&source.path, &row.package);
                    Some(format!("{path}:{line}: names `{dependency}`; only `{owner}` may use it"))
                }));
            }
        }
    }
    report(problems);
}

#[test]
fn the_root_manifest_and_the_table_name_the_same_sole_users() {
    let (workspace, table) = (Workspace::read(), Table::read());
    let mut problems = Vec::new();
    for dependency in &workspace.declared {
        let Purpose::Said { only: said, .. } = &dependency.purpose else {
            continue;
        };
        let tabled = table.sole_users(&dependency.name).next().map(|row| row.package.clone());
        if *said != tabled {
            problems.push(format!(
                "Cargo.toml:{}: the comment of `{}` says {}, the layer table says {}",
                dependency.line,
                dependency.name,
                only(said.as_deref()),
                only(tabled.as_deref())
            ));
        }
    }
    for (row, pattern) in
        table.rows.iter().flat_map(|row| row.sole_user_of.iter().map(move |p| (row, p)))
    {
        if workspace.matching(pattern).next().is_none() {
            problems.push(format!(
                "the layer table makes `{}` the sole user of `{pattern}`, which [workspace.dependencies] \
                 does not have",
                row.package
            ));
        }
    }
    report(problems);
}

/// How a sole user is spoken of.
fn only(package: Option<&str>) -> String {
    package.map_or("nothing of a sole user".to_owned(), |name| format!("\"only {name}\""))
}

#[test]
fn every_dependency_is_explained_and_used() {
    let workspace = Workspace::read();
    let mut problems = Vec::new();
    for dependency in &workspace.declared {
        let (name, line) = (&dependency.name, dependency.line);
        if matches!(dependency.purpose, Purpose::Missing) {
            problems
                .push(format!("Cargo.toml:{line}: say in a comment above `{name}` what it is for"));
        }
        if dependency.any_version {
            problems.push(format!("Cargo.toml:{line}: give `{name}` a version"));
        }
        let uses = |package: &Package| package.dependencies.iter().any(|used| used.is(name));
        if !workspace.packages.iter().any(uses) {
            problems.push(format!("Cargo.toml:{line}: no package uses `{name}`: remove it"));
        }
    }
    for package in &workspace.packages {
        for dependency in package.dependencies.iter().filter(|used| !workspace.declares(used)) {
            problems.push(format!(
                "{}/Cargo.toml: `{}` stands here alone: declare it in [workspace.dependencies] of the \
                 root, with its purpose, and inherit it",
                package.folder, dependency.name
            ));
        }
    }
    report(problems);
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let workspace = Workspace::read();
    let sources = workspace.packages.iter().flat_map(|package| package.sources(&workspace.root));
    let below_src = sources.filter(|source| source.path.contains("/src/"));
    report(
        below_src
            .filter(|source| !source.text.starts_with("//!"))
            .map(|source| {
                format!("{}: open the file with a `//!` line that says what it is for", source.path)
            })
            .collect(),
    );
}

#[test]
fn crates_below_the_hosts_refuse_the_clock_and_the_disk() {
    const BAN: &str = "#![warn(clippy::disallowed_methods)]";
    let workspace = Workspace::read();
    let mut problems = Vec::new();
    for package in workspace.packages.iter().filter(|package| package.is_below_the_hosts()) {
        let sources = package.sources(&workspace.root);
        let lib = format!("{}/src/lib.rs", package.folder);
        if !sources.iter().any(|source| source.path == lib && source.compact().contains(BAN)) {
            problems.push(format!("{lib}: add `{BAN}`"));
        }
        let mut exceptions = Vec::new();
        for source in &sources {
            for exception in source.exceptions_from("clippy::disallowed_methods") {
                if !exception.has_reason {
                    problems.push(format!(
                        "{}: write the exception as `#[expect(clippy::disallowed_methods, reason = \"…\")]`",
                        source.path
                    ));
                }
                if !exception.in_tests && !exceptions.contains(&source.path.as_str()) {
                    exceptions.push(&source.path);
                }
            }
        }
        if exceptions.len() > 1 {
            problems.push(format!(
                "`{}` reaches the machine from {}: keep that in one file",
                package.name,
                exceptions.join(" and ")
            ));
        }
    }
    report(problems);
}
