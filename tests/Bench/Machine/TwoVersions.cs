using Npgsql;
using Partner.Testing;

namespace Partner.Bench.Machine;

/// <summary>
/// A build of an older commit beside this one, and one AppHost, of this build, that starts the services of either: what
/// it takes for the builds' folder is a link. What has started stays what it is; what starts next is what the link
/// names by then, as a pod is of its image.
/// </summary>
internal sealed class TwoVersions
{
    // The surroundings, which no upgrade replaces.
    private static readonly string[] Fixed = ["Sandbox", "Demo"];

    private readonly string _link;

    private TwoVersions(string folder, string old, string @new) =>
        (_link, Old, New, AppHost) = (
            Path.Combine(folder, "current"),
            old,
            @new,
            Path.Combine(folder, "bin", "AppHost", "release", "AppHost.dll")
        );

    /// <summary>The folder of the older commit's build, in which each project has one.</summary>
    public string Old { get; }

    /// <inheritdoc cref="Old"/>
    public string New { get; }

    /// <summary>Path of the AppHost's program.</summary>
    public string AppHost { get; }

    /// <summary>
    /// Builds <paramref name="commit"/> in a worktree under artifacts/upgrade, unless it was before.
    /// </summary>
    public static async Task<TwoVersions> MakeAsync(string commit)
    {
        var folder = Repository.PathOf("artifacts", "upgrade");
        var id = await Command.RunAsync("git", ["rev-parse", "--verify", $"{commit}^{{commit}}"], [], Repository.Root);
        var source = Path.Combine(folder, id);
        if (!Directory.Exists(source))
        {
            Directory.CreateDirectory(folder);
            await Command.RunAsync("git", ["worktree", "add", "--force", "--detach", source, id], [], Repository.Root);
        }

        var versions = new TwoVersions(
            folder,
            Path.Combine(source, "artifacts", "bin"),
            Repository.PathOf("artifacts", "bin")
        );
        // The AppHost is built last: where it is, the services are.
        if (!File.Exists(Path.Combine(versions.Old, "AppHost", "release", "AppHost.dll")))
        {
            Console.Error.WriteLine($"Building {id}");
            // Its rules were for when it was written.
            await Command.RunAsync(
                "dotnet",
                [
                    "build",
                    "AppHost",
                    "-p:RunAnalyzers=false",
                    "-c",
                    "Release",
                    "-v",
                    "quiet",
                    "-clp:NoSummary",
                    "-nologo",
                ],
                [],
                source
            );
        }

        versions.LayOut(Path.Combine(folder, "bin"));
        return versions;
    }

    /// <summary>From now on what starts is of this build.</summary>
    public void Use(string build)
    {
        File.Delete(_link);
        Directory.CreateSymbolicLink(_link, build);
    }

    /// <summary>Whether a process is of this build.</summary>
    public static bool IsOf(string build, Proc service) =>
        // dotnet exec <project>.dll
        ProcFs.Arguments(service.Id)
            is [_, "exec", var program]
        && Path.GetFileNameWithoutExtension(program) is var project
        && ProcFs.HasLoaded(service.Id, Path.Combine(build, project, "release", $"{project}.dll"));

    /// <summary>The scripts that the new Migrator has and the old one has not.</summary>
    public IReadOnlyList<string> NewScripts() => [.. ScriptsOf(New).Except(ScriptsOf(Old)).Order()];

    /// <summary>Runs the Migrator of a build to its end, as a rollout's Job does.</summary>
    /// <param name="schemas">Each schema with its scripts.</param>
    /// <param name="password">Of Postgres's administrator.</param>
    public static Task MigrateAsync(
        string build,
        RunningSystem system,
        IReadOnlyDictionary<string, string> schemas,
        string password
    )
    {
        var environment = new Dictionary<string, string>();
        foreach (var (schema, scripts) in schemas)
        {
            var database = new NpgsqlConnectionStringBuilder(system.DatabaseOf(schema));
            environment[$"Schemas__{schema}__Scripts"] = scripts;
            environment[$"Schemas__{schema}__Password"] = database.Password!;
            environment["Database"] = database.Database!;
            environment["ConnectionStrings__postgres"] = new NpgsqlConnectionStringBuilder
            {
                Host = database.Host,
                Port = database.Port,
                Username = "postgres",
                Password = password,
            }.ConnectionString;
        }

        return Command.RunAsync(
            "dotnet",
            ["exec", Path.Combine(build, "Migrator", "release", "Migrator.dll")],
            environment
        );
    }

    private static IEnumerable<string> ScriptsOf(string build)
    {
        var folder = Path.Combine(build, "Migrator", "release", "migrations");
        return Directory
            .EnumerateFiles(folder, "*.sql", SearchOption.AllDirectories)
            .Select(script => Path.GetRelativePath(folder, script));
    }

    // The AppHost starts what lies beside it: <project>/<configuration>/<project>.dll.
    private void LayOut(string bin)
    {
        if (Directory.Exists(bin))
        {
            // Links go, and not what they name.
            Directory.Delete(bin, recursive: true);
        }

        var appHost = Path.GetDirectoryName(AppHost)!;
        CopyFolder(Path.Combine(New, "AppHost", "release"), appHost);
        foreach (var project in Directory.EnumerateDirectories(New).Select(path => Path.GetFileName(path)))
        {
            if (project is not "AppHost")
            {
                Directory.CreateSymbolicLink(
                    Path.Combine(bin, project),
                    Path.Combine(Fixed.Contains(project) ? New : _link, project)
                );
            }
        }
    }

    // A copy, since a program's folder is the one that links lead to.
    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }
}
