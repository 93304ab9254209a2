//! The table under the heading `## Layers` of `ARCHITECTURE.md`.

use super::facts;

/// The rows in the order of the document: the first is the highest layer.
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
}

/// One package.
pub(crate) struct Row {
    pub(crate) folder: String,
    pub(crate) package: String,
    pub(crate) may_use: MayUse,
    /// Names of crates; one that ends in `*` stands for all that begin so.
    pub(crate) sole_user_of: Vec<String>,
}

/// The workspace packages that a row may depend on.
pub(crate) enum MayUse {
    /// `no workspace crate`
    Nothing,
    /// `all above` or `everything`: in both cases the order of the rows still holds.
    Everything,
    /// Package names without `locus-`.
    Only(Vec<String>),
}

impl Table {
    /// Reads the document.
    pub(crate) fn read() -> Table {
        Table::parse(&facts::read("ARCHITECTURE.md"))
    }

    fn parse(document: &str) -> Table {
        let section = document.split("\n## ").find(|section| section.starts_with("Layers"));
        let section = section.expect("ARCHITECTURE.md has a heading `## Layers`");
        let lines = section.lines().filter(|line| line.starts_with('|'));
        let cells =
            lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
        let mut rows = cells.skip_while(|cells| cells.first() != Some(&"folder"));
        let head = rows.next().expect("the layer table starts with `| folder | package | …`");
        assert_eq!(
            head,
            ["folder", "package", "holds", "may use", "sole user of"],
            "the columns of the layer table in ARCHITECTURE.md"
        );
        // The line of dashes below the head.
        Table { rows: rows.skip(1).map(|cells| Row::parse(&cells)).collect() }
    }

    /// The row of a package.
    pub(crate) fn row(&self, package: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.package == package)
    }

    /// How far down a package stands; unknown ones stand below all.
    pub(crate) fn position(&self, package: &str) -> usize {
        self.rows.iter().position(|row| row.package == package).unwrap_or(usize::MAX)
    }

    /// The rows that claim a dependency for themselves.
    pub(crate) fn sole_users<'a>(&'a self, dependency: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| {
            row.sole_user_of.iter().any(|pattern| facts::matches(pattern, dependency))
        })
    }

    /// Words in "may use" that name no row.
    pub(crate) fn unknown_names(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for row in &self.rows {
            let MayUse::Only(names) = &row.may_use else {
                continue;
            };
            for name in names {
                if !self.rows.iter().any(|other| facts::short_name(&other.package) == name) {
                    problems.push(format!(
                        "ARCHITECTURE.md: \"may use\" of `{}` names `{name}`, which is no row of the table",
                        row.package
                    ));
                }
            }
        }
        problems
    }
}

impl Row {
    fn parse(cells: &[&str]) -> Row {
        let [folder, package, _, may_use, sole_user_of] = cells else {
            panic!("a row of the layer table has {} cells instead of 5: {cells:?}", cells.len());
        };
        Row {
            folder: folder.trim_matches('`').to_owned(),
            package: package.trim_matches('`').to_owned(),
            may_use: MayUse::parse(may_use),
            sole_user_of: in_backticks(sole_user_of),
        }
    }
}

impl MayUse {
    fn parse(cell: &str) -> MayUse {
        match cell {
            "no workspace crate" => MayUse::Nothing,
            "all above" | "everything" => MayUse::Everything,
            names => MayUse::Only(names.split(',').map(|name| name.trim().to_owned()).collect()),
        }
    }

    /// Is the package of this short name among them?
    pub(crate) fn allows(&self, name: &str) -> bool {
        match self {
            MayUse::Nothing => false,
            MayUse::Everything => true,
            MayUse::Only(names) => names.iter().any(|allowed| allowed == name),
        }
    }
}

/// The words of a cell that are set as code; the others are commentary.
fn in_backticks(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn a_table_is_read() {
    let table = Table::parse(
        "# T\n\n## Layers\nText.\n\n| folder | package | holds | may use | sole user of |\n|---|---|---|---|---|\n\
         | `a/b` | locus-b | x | no workspace crate | `one`, `two-*` (why) |\n\
         | `c` | locus-c | y | b | – |\n\n## Next\n| folder |\n",
    );
    assert_eq!(table.rows.len(), 2);
    assert_eq!(table.rows[0].folder, "a/b");
    assert_eq!(table.rows[0].sole_user_of, ["one", "two-*"]);
    assert!(!table.rows[0].may_use.allows("c") && table.rows[1].may_use.allows("b"));
    assert!(table.position("locus-b") < table.position("locus-c"));
    assert_eq!(
        table.sole_users("two-three").map(|row| row.package.as_str()).collect::<Vec<_>>(),
        ["locus-b"]
    );
}
