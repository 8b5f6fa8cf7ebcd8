using System.Collections.Concurrent;

namespace Partner.Bench.Machine;

/// <summary>
/// The processes that an AppHost has started, by their resources' names. One that was killed and came back counts on.
/// Aspire's orchestrator stands in between: it watches the AppHost's pid, and its controllers start the rest.
/// </summary>
internal sealed class SystemProcesses(int appHost)
{
    public const string AppHost = "apphost";
    public const string Generator = "generator";
    public const string Orchestrator = "orchestrator";

    // A process is what it was started as; before its exec it looks like its parent.
    private readonly ConcurrentDictionary<(int Id, long StartedAt), string> _names = [];
    private int? _watcher;

    /// <summary>The running one of a resource; null: it is down.</summary>
    public Proc? Find(string resource) => Replicas(resource).FirstOrDefault();

    /// <summary>All that run of a resource.</summary>
    public IReadOnlyList<Proc> Replicas(string resource)
    {
        var all = ProcFs.All().ToDictionary(p => p.Id);
        var controllers = Controllers(all.Values);
        return [.. all.Values.Where(p => controllers.Contains(p.Parent) && NameOf(p) == resource)];
    }

    /// <summary>Each process with the resource that it belongs to, descendants included.</summary>
    public IEnumerable<(string Resource, Proc Process)> All()
    {
        var all = ProcFs.All().ToDictionary(p => p.Id);
        var controllers = Controllers(all.Values);
        foreach (var process in all.Values)
        {
            if (process.Id == System.Environment.ProcessId)
            {
                yield return (Generator, process);
            }
            else if (process.Id == appHost)
            {
                yield return (AppHost, process);
            }
            else if (Watchers(all.Values).Contains(process.Id) || controllers.Contains(process.Id))
            {
                yield return (Orchestrator, process);
            }
            else if (Ancestor(process, all, controllers) is { } child)
            {
                yield return (NameOf(child) ?? Orchestrator, process);
            }
        }
    }

    /// <summary>`dcp start-apiserver --monitor (pid of the AppHost)`.</summary>
    private HashSet<int> Watchers(IEnumerable<Proc> all)
    {
        if (_watcher is { } known && ProcFs.Read(known) is not null)
        {
            return [known];
        }

        var found = all.Where(p =>
                p.Command == "dcp"
                && ProcFs.Arguments(p.Id) is var arguments
                && Array.IndexOf(arguments, "--monitor") is > 0 and var at
                && arguments[at + 1] == $"{appHost}"
            )
            .ToList();
        _watcher = found.Count == 1 ? found[0].Id : null;
        return [.. found.Select(p => p.Id)];
    }

    private HashSet<int> Controllers(IReadOnlyCollection<Proc> all)
    {
        var watchers = Watchers(all);
        return [.. all.Where(p => p.Command == "dcp" && watchers.Contains(p.Parent)).Select(p => p.Id)];
    }

    // The one that the controllers have started.
    private static Proc? Ancestor(Proc process, Dictionary<int, Proc> all, HashSet<int> controllers)
    {
        while (!controllers.Contains(process.Parent))
        {
            if (!all.TryGetValue(process.Parent, out var parent))
            {
                return null;
            }

            process = parent;
        }

        return process;
    }

    private string? NameOf(Proc process)
    {
        if (_names.TryGetValue((process.Id, process.StartedAt), out var known))
        {
            return known;
        }

        var name =
            ProcFs.Arguments(process.Id) is var arguments && process.Command is not "setpriv"
                ? Recognise(arguments, process.Id)
                : null;
        if (name is not null)
        {
            _names[(process.Id, process.StartedAt)] = name;
        }

        return name;
    }

    private static string? Recognise(string[] arguments, int id) =>
        arguments switch
        {
            // The shell before Postgres: they live and die together.
            ["/bin/sh", ..] when ProcFs.Environment(id).ContainsKey("POSTGRES_DATA") => "postgres",
            [var program, ..] when Path.GetFileName(program).StartsWith("redis-server", StringComparison.Ordinal) =>
                "cache",
            [_, "exec", var assembly] => ProcFs
                .Environment(id)
                .GetValueOrDefault(
                    "ServiceTokens__Name",
                    Path.GetFileNameWithoutExtension(assembly).ToLowerInvariant()
                ),
            _ => null,
        };
}
