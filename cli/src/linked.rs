//! The one list of plugins that are linked into every host. A crate that nothing names is not linked, silently: so each is named here.

use locus_generators as _;
use locus_steps as _;
use locus_syntax as _;
