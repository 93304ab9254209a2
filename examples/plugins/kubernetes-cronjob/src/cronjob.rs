//! `kubernetes_cronjob`: workflows with a cron trigger as Kubernetes CronJobs.

use locus_plugin::model::{Program, Trigger, Workflow};
use locus_plugin::{
    Doc, GenerateError, Generator, IndexMap, Millis, Param, Plan, RenderContext, Spanned, Unit,
    Value,
};
use serde_json::json;

use crate::names::{label_value, unique};
use crate::schedule::for_kubernetes;

/// A Kubernetes CronJob (`batch/v1`) for each cron trigger, `<workflow>.yaml`, and a `kustomization.yaml` that lists them.
///
/// Each job runs `locus run` on the specs in the image, under the job's own name as the id of the run: a container that was killed goes on with its
/// run instead of starting over, as long as its state is there. That is in a volume of the pod, or in the claim that `state_claim` names.
///
/// Names are labels of RFC 1123 of at most 52 characters: `restock_shelves` is `restock-shelves`, a second trigger of it `restock-shelves-2`.
/// Where two would be alike, or one is too long, a hash is added. A time zone is always written, so that schedules do not depend on the cluster.
///
/// A workflow whose input must be given is an error: cron gives none.
///
/// ```yaml
/// targets:
///   jobs: { generator: kubernetes_cronjob, out: deploy, options: { image: "registry.example/shop:1.4.2", time_zone: Europe/Berlin } }
/// ```
#[derive(Generator)]
#[generator(name = "kubernetes_cronjob", templates("cronjob.yaml.tera", "kustomization.yaml.tera"))]
pub struct KubernetesCronjob {
    /// The image: its entry point is `locus`, and the specs are in it.
    #[param(pattern = "^[^\\s]+$", example = "registry.example/shop:1.4.2")]
    image: String,
    /// The namespace of the jobs; that of whoever applies the files when left out.
    #[param(pattern = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
    namespace: Option<String>,
    /// The time zone of the schedules, by its name in the tz database.
    #[param(default = "Etc/UTC", pattern = "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$")]
    time_zone: String,
    /// Whether the jobs wait until somebody lets them go.
    #[param(default = false)]
    suspend: bool,
    /// What happens when a job is due and the one before still runs.
    #[param(default = "forbid")]
    concurrency: Concurrency,
    /// How late a job may begin; after that it is skipped.
    starting_deadline: Option<Millis>,
    /// How often a job that was broken off is tried again.
    #[param(default = 3)]
    backoff_limit: u32,
    /// How many jobs are kept that succeeded.
    #[param(default = 3)]
    keep_successful: u32,
    /// How many jobs are kept that failed.
    #[param(default = 3)]
    keep_failed: u32,
    /// What a container gets.
    resources: Option<Resources>,
    /// The folder of the specs in the image.
    #[param(default = "/project", pattern = "^/[^\\s:]*$")]
    project: String,
    /// The Secret whose entries the container sees as environment variables: `LOCUS_SECRET_…` for the secrets of the workflows.
    #[param(pattern = "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$")]
    env_from: Option<String>,
    /// The ServiceAccount of the pods.
    #[param(pattern = "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$")]
    service_account: Option<String>,
    /// The PersistentVolumeClaim that keeps the state of runs; otherwise it goes with the pod.
    #[param(pattern = "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$")]
    state_claim: Option<String>,
}

/// What happens when a job is due and the one before still runs.
#[derive(Param, Clone, Copy)]
pub enum Concurrency {
    /// The new one is skipped.
    Forbid,
    /// Both run.
    Allow,
    /// The old one is ended.
    Replace,
}

/// What a container gets, by resource.
#[derive(Param)]
pub struct Resources {
    /// What it is sure to get.
    #[param(default)]
    requests: IndexMap<String, String>,
    /// What it may not exceed.
    #[param(default)]
    limits: IndexMap<String, String>,
}

impl Generator for KubernetesCronjob {
    fn plan(&self, program: &Program) -> Result<Plan, GenerateError> {
        let jobs = jobs(program)?;
        let mut plan = Plan::default();
        for job in &jobs {
            let subject = json!({ "name": job.name, "workflow": job.workflow.name.value, "cron": job.cron.value });
            plan.owned(format!("{}.yaml", job.name), subject, Some(job.cron.span));
        }
        let paths: Vec<&str> = plan.units.iter().map(|unit| unit.path.as_str()).collect();
        let subject = json!(paths);
        plan.owned(KUSTOMIZATION, subject, None);
        Ok(plan)
    }

    fn render(
        &self,
        unit: &Unit,
        program: &Program,
        cx: &RenderContext<'_>,
    ) -> Result<Doc, GenerateError> {
        let text = if unit.path == KUSTOMIZATION {
            let shown = json!({ "namespace": self.namespace, "paths": unit.subject });
            cx.template("kustomization.yaml.tera", shown)?
        } else {
            cx.template("cronjob.yaml.tera", self.manifest(unit, program))?
        };
        Ok(Doc { text })
    }
}

const KUSTOMIZATION: &str = "kustomization.yaml";

impl KubernetesCronjob {
    /// What the template shows.
    fn manifest(&self, unit: &Unit, program: &Program) -> Value {
        let resources = self.resources.as_ref().map(|resources| {
            let parts = [("requests", &resources.requests), ("limits", &resources.limits)];
            let parts = parts.into_iter().filter(|(_, amounts)| !amounts.is_empty());
            parts
                .map(|(name, amounts)| json!({ "name": name, "amounts": amounts }))
                .collect::<Vec<_>>()
        });
        json!({
            "name": unit.subject["name"],
            "workflow": unit.subject["workflow"],
            "schedule": for_kubernetes(unit.subject["cron"].as_str().unwrap_or_default()),
            "part_of": label_value(&program.name),
            "image": self.image,
            "namespace": self.namespace,
            "time_zone": self.time_zone,
            "suspend": self.suspend,
            "concurrency": match self.concurrency {
                Concurrency::Forbid => "Forbid",
                Concurrency::Allow => "Allow",
                Concurrency::Replace => "Replace",
            },
            // Kubernetes counts seconds; a deadline of less than one would never be met.
            "starting_deadline": self.starting_deadline.map(|deadline| deadline.0.div_ceil(1000).max(1)),
            "backoff_limit": self.backoff_limit,
            "keep_successful": self.keep_successful,
            "keep_failed": self.keep_failed,
            "resources": resources.unwrap_or_default(),
            "project": self.project,
            "state_path": format!("{}/.locus", self.project.trim_end_matches('/')),
            "env_from": self.env_from,
            "service_account": self.service_account,
            "state_claim": self.state_claim,
        })
    }
}

/// A cron trigger.
struct Job<'p> {
    name: String,
    workflow: &'p Workflow,
    cron: &'p Spanned<String>,
}

/// The cron triggers of a program, in its order.
fn jobs(program: &Program) -> Result<Vec<Job<'_>>, GenerateError> {
    let mut jobs = Vec::new();
    for workflow in program.workflows.values() {
        let crons = workflow.triggers.iter().filter_map(|trigger| match trigger {
            Trigger::Cron { expression, .. } => Some(expression),
            _ => None,
        });
        for (index, cron) in crons.enumerate() {
            refuse_input(workflow)?;
            let mut name = workflow.name.value.clone();
            if index > 0 {
                name += &format!("_{}", index + 1);
            }
            jobs.push(Job { name, workflow, cron });
        }
    }
    let names: Vec<String> = jobs.iter().map(|job| job.name.clone()).collect();
    for (job, name) in jobs.iter_mut().zip(unique(&names)) {
        // The file of this name lists the others.
        job.name = if name == "kustomization" { "kustomization-job".to_owned() } else { name };
    }
    Ok(jobs)
}

fn refuse_input(workflow: &Workflow) -> Result<(), GenerateError> {
    let needed =
        workflow.input.iter().find(|(_, field)| field.default.is_none() && !field.ty.optional);
    let Some((name, field)) = needed else { return Ok(()) };
    let message = format!(
        "cron starts `{}` without input, and its input `{name}` must be given",
        workflow.name.value
    );
    Err(GenerateError::new(message)
        .at(field.span)
        .help("give the input a default, or make it optional with `?`"))
}

#[cfg(test)]
mod tests {
    use locus_plugin::model::types::{Field, Type, TypeKind};
    use locus_plugin::testing::{Tree, generate, tree};

    use super::*;

    /// A program whose workflows are started by these cron expressions.
    fn scheduled(workflows: &[(&str, &[&str])]) -> Tree {
        let declared: serde_json::Map<String, Value> = workflows
            .iter()
            .map(|(name, _)| {
                ((*name).to_owned(), json!({ "steps": [{ "log": { "message": "a" } }] }))
            })
            .collect();
        let mut tree = tree(json!({ "workflows": declared }));
        for (name, crons) in workflows {
            let workflow = &mut tree.program.workflows[*name];
            let span = workflow.name.span;
            let crons = crons.iter().map(|cron| Trigger::Cron {
                expression: Spanned::new((*cron).to_owned(), span),
                timezone: None,
                input: None,
            });
            workflow.triggers = crons.collect();
        }
        tree
    }

    fn options() -> Value {
        json!({ "image": "shop:1" })
    }

    #[test]
    fn each_trigger_is_a_job() {
        let tree =
            scheduled(&[("restock_shelves", &["0 3 * * 7", "0 15 * * 7"]), ("by_hand", &[])]);
        let files = generate("kubernetes_cronjob", options(), &tree.program).unwrap();
        let paths: Vec<&str> = files.plan.units.iter().map(|unit| unit.path.as_str()).collect();
        assert_eq!(paths, ["restock-shelves.yaml", "restock-shelves-2.yaml", "kustomization.yaml"]);
        let first = files.get("restock-shelves.yaml").unwrap();
        for part in [
            r#""schedule": "0 3 * * 0""#,
            r#""time_zone": "Etc/UTC""#,
            r#""workflow": "restock_shelves""#,
        ] {
            assert!(first.contains(part), "no {part} in {first}");
        }
        let again = generate("kubernetes_cronjob", options(), &tree.program).unwrap();
        assert_eq!(files, again);
    }

    #[test]
    fn options_reach_the_manifest() {
        let tree = scheduled(&[("a", &["0 3 * * *"])]);
        let options = json!({
            "image": "shop:1", "namespace": "shop", "suspend": true, "starting_deadline": "1500ms",
            "concurrency": "replace", "resources": { "limits": { "memory": "1Gi" } },
        });
        let files = generate("kubernetes_cronjob", options, &tree.program).unwrap();
        let text = files.get("a.yaml").unwrap();
        let shown: Value = serde_json::from_str(text.split_once('\n').unwrap().1).unwrap();
        assert_eq!(shown["starting_deadline"], 2);
        assert_eq!((&shown["suspend"], &shown["concurrency"]), (&json!(true), &json!("Replace")));
        assert_eq!(
            shown["resources"],
            json!([{ "name": "limits", "amounts": { "memory": "1Gi" } }])
        );
    }

    #[test]
    fn a_workflow_that_needs_input_is_refused_at_the_input() {
        let mut tree = scheduled(&[("a", &["0 3 * * *"])]);
        let workflow = &mut tree.program.workflows["a"];
        let mut field = Field {
            ty: Type::required(TypeKind::String),
            description: None,
            default: None,
            id: false,
            limits: IndexMap::new(),
            span: workflow.span,
        };
        workflow.input.insert("sku".to_owned(), field.clone());
        let error = generate("kubernetes_cronjob", options(), &tree.program).unwrap_err();
        assert_eq!(error.span, Some(field.span));
        assert!(error.message.contains("`sku` must be given"), "{error}");
        field.default = Some(json!("x"));
        tree.program.workflows["a"].input.insert("sku".to_owned(), field);
        assert!(generate("kubernetes_cronjob", options(), &tree.program).is_ok());
    }

    #[test]
    fn a_program_without_cron_has_an_empty_kustomization() {
        let tree = scheduled(&[("a", &[])]);
        let files = generate("kubernetes_cronjob", options(), &tree.program).unwrap();
        assert_eq!(files.plan.units.len(), 1);
    }
}
