#include "convention/requirements.h"

#include <algorithm>
#include <cassert>

namespace modelport {

namespace {

constexpr Level kMust = Level::kMust;
constexpr Level kShould = Level::kShould;

constexpr Requirement kRequirements[] = {
    {"EXP-001", Group::kCommandLine, kMust,
     "A good checkpoint is exported with --checkpoint_path, --export_format and --output_dir",
     "Run the command of the evidence by hand; its log says what went wrong"},
    {"EXP-002", Group::kCommandLine, kMust, "--export_config may be left out", "Give the argument the default '{}'"},
    {"EXP-003", Group::kCommandLine, kMust, "--export_config takes a JSON object",
     "Read it with json.loads; {} stands for the defaults"},
    {"EXP-004", Group::kCommandLine, kShould, "The format's recommended export_config is taken",
     "Take these keys, or say in the log which one is not available"},
    {"EXP-005", Group::kCommandLine, kShould, "An output directory that does not exist is made",
     "Path(output_dir).mkdir(parents=True, exist_ok=True)"},
    {"EXP-006", Group::kCommandLine, kShould, "Arguments may come in any order",
     "Parse arguments by name, as argparse does"},
    {"EXP-007", Group::kCommandLine, kShould, "--help ends with exit code 0 and names the four arguments",
     "Parse arguments before anything else is imported or done"},

    {"EXP-010", Group::kExitCodes, kMust, "An export that succeeded ends with exit code 0",
     "End with sys.exit(0) after metadata.json is written"},
    {"EXP-011", Group::kExitCodes, kMust, "A missing checkpoint ends with exit code 1",
     "Catch FileNotFoundError from load_model, log it and exit with 1"},
    {"EXP-012", Group::kExitCodes, kMust, "A truncated checkpoint ends with exit code 1",
     "Catch whatever loading raises, log it and exit with 1"},
    {"EXP-013", Group::kExitCodes, kMust, "An empty checkpoint ends with exit code 1",
     "Catch whatever loading raises (EOFError too), log it and exit with 1"},
    {"EXP-014", Group::kExitCodes, kMust, "A required argument that is missing ends with exit code 3",
     "Mark the argument as required, and override ArgumentParser.error to log the message and exit with 3: argparse "
     "itself ends with 2"},
    {"EXP-015", Group::kExitCodes, kMust, "An unknown argument ends with exit code 3",
     "Use parse_args, not parse_known_args, and let ArgumentParser.error exit with 3"},
    {"EXP-016", Group::kExitCodes, kMust, "An unknown format ends with exit code 3",
     "Look the format up before the checkpoint is loaded; exit with 3 where it is not in the table"},
    {"EXP-017", Group::kExitCodes, kMust, "A format that the exporter does not offer ends with exit code 3",
     "Raise NotImplementedError in its export function and map that to exit code 3"},
    {"EXP-018", Group::kExitCodes, kMust, "An export_config that is not JSON ends with exit code 3",
     "Catch json.JSONDecodeError, log it and exit with 3"},
    {"EXP-019", Group::kExitCodes, kShould, "An export_config that is not an object ends with exit code 3",
     "Check isinstance(config, dict) after json.loads"},
    {"EXP-020", Group::kExitCodes, kMust, "An output directory that cannot be written ends with exit code 1 or 3",
     "Catch OSError, log it and exit with 1"},
    {"EXP-021", Group::kExitCodes, kShould, "Nothing is left in output_dir after exit code 1 or 3",
     "Write into a temporary directory and move what is whole, metadata.json last"},

    {"EXP-030", Group::kFiles, kMust, "The artifact lies in output_dir under its format's name",
     "Move what the framework wrote to the name of the format, such as model.onnx"},
    {"EXP-031", Group::kFiles, kMust, "An OpenVINO export has model.xml and model.bin",
     "Move both files, and keep their names the same"},
    {"EXP-032", Group::kFiles, kMust, "metadata.json lies in output_dir", "Write it to output_dir/metadata.json"},
    {"EXP-033", Group::kFiles, kMust, "The artifact and metadata.json are files; model.mlpackage is a directory",
     "Move the file itself; a framework may have written a directory of the same name"},
    {"EXP-034", Group::kFiles, kMust, "Nothing in output_dir is a symbolic link", "Move or copy the file instead"},
    {"EXP-035", Group::kFiles, kMust, "The artifact's files are not empty",
     "Check the size of what was written before exiting with 0"},
    {"EXP-036", Group::kFiles, kMust, "The artifact is a file of its format",
     "Load what was written with the format's own library before exiting with 0"},
    {"EXP-037", Group::kFiles, kShould, "Nothing else lies in output_dir",
     "Remove temporary files, or list what belongs to the export in extra_metadata.files"},

    {"EXP-040", Group::kMetadata, kMust, "metadata.json is UTF-8",
     "open(path, 'w', encoding='utf-8'), without a byte order mark"},
    {"EXP-041", Group::kMetadata, kMust, "metadata.json is one JSON object",
     "json.dump(metadata, file, allow_nan=False); leave numbers that are not finite out"},
    {"EXP-042", Group::kMetadata, kMust, "No object in metadata.json has a key twice",
     "Build the document as a dict and dump it once"},
    {"EXP-043", Group::kMetadata, kMust, "metadata.json has every required field",
     "Add the fields that the evidence names"},
    {"EXP-044", Group::kMetadata, kMust, "class_names and num_classes are given for detection and classification",
     "Take them from the model; name classes without names class0, class1 ..."},
    {"EXP-045", Group::kMetadata, kMust, "num_keypoints is given for pose", "Take it from the model's head"},
    {"EXP-046", Group::kMetadata, kMust, "Every field has the type and a value that the schema allows",
     "The evidence names the field; convention/metadata.schema.json says what it takes"},
    {"EXP-047", Group::kMetadata, kMust, "export_format is the format that was asked for",
     "Write the value of --export_format"},
    {"EXP-048", Group::kMetadata, kMust, "input_shape is three sizes, without the batch",
     "Write [height, width, channels]"},
    {"EXP-049", Group::kMetadata, kMust, "output_shape is a list of shapes, one per output",
     "[list(shape) for shape in shapes], also for one output"},
    {"EXP-050", Group::kMetadata, kMust, "num_classes is the number of class_names",
     "Write len(class_names), and take the names from the model"},
    {"EXP-051", Group::kMetadata, kMust, "created_at is an ISO 8601 date and time",
     "datetime.now(timezone.utc).isoformat()"},
    {"EXP-052", Group::kMetadata, kShould, "created_at has a time zone", "datetime.now(timezone.utc).isoformat()"},
    {"EXP-053", Group::kMetadata, kShould, "created_at is the time of the export",
     "Take the time when metadata.json is written"},
    {"EXP-054", Group::kMetadata, kShould, "The task's recommended fields are given",
     "Add the fields that the evidence names"},
    {"EXP-055", Group::kMetadata, kShould, "Fields of the trainer's own lie in extra_metadata",
     "Move the fields that the evidence names into extra_metadata"},
    {"EXP-056", Group::kMetadata, kShould, "export_config in metadata.json holds what was given",
     "Copy the parsed --export_config, with defaults added"},
    {"EXP-057", Group::kMetadata, kMust, "task_type is detection, classification, segmentation or pose",
     "Map the framework's word (detect, classify, segment, obb ...) to one of the four"},
    {"EXP-058", Group::kMetadata, kShould, "preprocessing is given",
     "Say mean, std, color_space, resize_mode and normalize"},
    {"EXP-059", Group::kMetadata, kShould, "postprocessing is given for detection",
     "Say apply_nms, nms_method and coordinate_format"},

    {"EXP-060", Group::kArtifact, kMust, "input_shape is the artifact's input",
     "Read it from the exported file rather than from the training configuration"},
    {"EXP-061", Group::kArtifact, kMust, "input_dtype is the type of the artifact's input",
     "Read it from the exported file; half precision exports have float16"},
    {"EXP-062", Group::kArtifact, kMust, "output_shape is the artifact's outputs, all of them, in their order",
     "Read the shapes from the exported file, or run it once"},
    {"EXP-063", Group::kArtifact, kMust, "num_classes fits the artifact's outputs",
     "Take class_names and num_classes from the model that was exported"},
    {"EXP-064", Group::kArtifact, kMust, "class_names are those that the artifact records",
     "Take class_names from the model that was exported, in its order"},
    {"EXP-065", Group::kArtifact, kMust, "class_names are the checkpoint's",
     "Take class_names from the checkpoint, in its order"},
    {"EXP-066", Group::kArtifact, kShould,
     "extra_metadata.files, where given, tells names in output_dir, sizes and digests as they are",
     "Compute size and sha256 after the last write, and name files without a directory"},
    {"EXP-067", Group::kArtifact, kMust, "task_type is the task that the artifact or the checkpoint records",
     "Take the task from the model that was exported"},

    {"EXP-068", Group::kProof, kShould,
     "extra_metadata.proof, where given, follows its schema, and no figure is above its limit",
     "Take level from the table of convention.md, and leave a proof out whose figures are not finite"},

    {"EXP-070", Group::kLogs, kShould, "An export logs to standard output or standard error",
     "logging.basicConfig(level=logging.INFO, format='%(asctime)s - %(levelname)s - %(message)s')"},
    {"EXP-071", Group::kLogs, kShould, "Log lines have time, level and message as the convention writes them",
     "logging.basicConfig(level=logging.INFO, format='%(asctime)s - %(levelname)s - %(message)s')"},
    {"EXP-072", Group::kLogs, kShould, "A failure logs an ERROR line that says why",
     "Catch the exception and logger.error('Export failed: %s', error) before exiting"},
    {"EXP-073", Group::kLogs, kShould, "A format that is not offered logs \"Unsupported format: \" as its last ERROR",
     "logger.error('Unsupported format: %s: %s', name, reason) before exiting with 3"},
    {"EXP-074", Group::kLogs, kShould, "A run logs less than 64 MiB", "Log at INFO, and no progress bars or tensors"},
    {"EXP-075", Group::kLogs, kShould, "Logs are UTF-8", "sys.stderr.reconfigure(encoding='utf-8')"},

    {"EXP-080", Group::kIsolation, kMust, "The exporter runs from a copy of its own folder alone",
     "Import nothing from trainers.common or from another trainer; keep a copy within the folder"},
    {"EXP-081", Group::kIsolation, kMust, "The checkpoint is not changed",
     "Open it for reading only, or work on a copy"},
    {"EXP-082", Group::kIsolation, kMust, "Exported files lie in output_dir only",
     "Copy the checkpoint into a temporary directory where the framework writes beside it, and move the result"},
    {"EXP-083", Group::kIsolation, kShould, "Nothing is left in the temporary directory",
     "with tempfile.TemporaryDirectory() as folder; for what a framework leaves there, set TMPDIR to such a folder "
     "before it is imported"},
    {"EXP-084", Group::kIsolation, kShould, "The exporter does not write into its own folder",
     "Write temporary files into tempfile.TemporaryDirectory()"},
    {"EXP-085", Group::kIsolation, kMust, "Paths may hold spaces and letters beyond ASCII",
     "Hand paths on as list items, never through a shell; replace nothing in them"},
    {"EXP-086", Group::kIsolation, kMust, "Paths may be relative to the working directory",
     "Make them absolute before any change of directory: Path(path).resolve()"},
    {"EXP-087", Group::kIsolation, kShould, "The exporter runs from any working directory",
     "Find its own files by Path(__file__).parent"},
    {"EXP-088", Group::kIsolation, kMust, "No terminal and no answers are needed",
     "Ask nothing; take what is not given from defaults or end with 3"},
    {"EXP-089", Group::kIsolation, kShould, "A closed standard input does not disturb",
     "Do not touch sys.stdin, which is None then"},
    {"EXP-090", Group::kIsolation, kShould, "The C locale does not disturb",
     "Name encoding='utf-8' wherever text is read or written"},

    {"EXP-100", Group::kRobustness, kMust, "Every run ends by itself in time",
     "Find what it waits for; give waits of its own a limit, or check with a longer --timeout"},
    {"EXP-101", Group::kRobustness, kShould, "SIGTERM ends a run soon, and not with exit code 0",
     "Leave SIGTERM its default, or end within two seconds of it"},
    {"EXP-102", Group::kRobustness, kShould, "No process is left behind", "Wait for or end every child before exiting"},
    {"EXP-103", Group::kRobustness, kShould, "Two runs at the same time do not disturb each other",
     "Give temporary files names of their own: tempfile.TemporaryDirectory()"},
    {"EXP-104", Group::kRobustness, kShould, "The same export gives the same metadata.json, but for created_at",
     "Leave random names, times and temporary paths out; sort what comes from sets"},

    {"EXP-110", Group::kEngine, kMust, "An ONNX artifact loads in ONNX Runtime",
     "Load it with onnxruntime.InferenceSession before exiting with 0, and exit with 2 where it is refused"},
    {"EXP-111", Group::kEngine, kShould, "An artifact of another format loads in its engine",
     "Load it with the format's own library before exiting with 0, and exit with 2 where it is refused"},
    {"EXP-112", Group::kEngine, kMust, "The artifact run on input_shape gives output_shape",
     "Run the exported file once and write the shapes that it gives"},

    {"EXP-120", Group::kCapabilities, kShould, "What --capabilities prints follows its schema",
     "convention/capabilities.schema.json; logs go to standard error"},
    {"EXP-121", Group::kCapabilities, kShould, "Formats are offered as --capabilities says",
     "Build both from one table of formats"},

    {"EXP-130", Group::kHostile, kShould, "A full disk ends with exit code 1 and without metadata.json",
     "Check every write and close, and write metadata.json last"},
    {"EXP-131", Group::kHostile, kShould, "A killed export leaves no metadata.json beside unfinished files",
     "Write metadata.json last, under another name, and rename it"},
    {"EXP-132", Group::kHostile, kShould, "A stalling machine does not change the result",
     "Wait for events rather than for times"},
    {"EXP-133", Group::kHostile, kShould, "A child process that is killed ends the export with exit code 1",
     "Look at every child's return code: subprocess.run(..., check=True)"},
};

}  // namespace

std::string_view level_name(Level level) { return level == Level::kMust ? "MUST" : "SHOULD"; }

std::string_view group_title(Group group) {
  switch (group) {
    case Group::kCommandLine:
      return "The command line";
    case Group::kExitCodes:
      return "Exit codes";
    case Group::kFiles:
      return "Files";
    case Group::kMetadata:
      return "metadata.json";
    case Group::kArtifact:
      return "metadata.json and the artifact";
    case Group::kProof:
      return "Levels of proof";
    case Group::kLogs:
      return "Logs";
    case Group::kIsolation:
      return "Isolation";
    case Group::kRobustness:
      return "Robustness";
    case Group::kEngine:
      return "The engine";
    case Group::kCapabilities:
      return "Capabilities";
    case Group::kHostile:
      return "Under adverse conditions";
  }
  return "";
}

std::span<const Group> all_groups() {
  static constexpr Group kGroups[] = {
      Group::kCommandLine, Group::kExitCodes, Group::kFiles,        Group::kMetadata,
      Group::kArtifact,    Group::kProof,     Group::kLogs,         Group::kIsolation,
      Group::kRobustness,  Group::kEngine,    Group::kCapabilities, Group::kHostile,
  };
  return kGroups;
}

std::span<const Requirement> requirements() { return kRequirements; }

const Requirement& requirement(std::string_view id) {
  const auto row = std::ranges::find(kRequirements, id, &Requirement::id);
  assert(row != std::end(kRequirements));
  return *row;
}

}  // namespace modelport
