using System.Collections.Concurrent;

namespace Partner.Bench.Machine;

/// <summary>The processes that an AppHost has started, by their resources' names. One that was killed and came back counts on.</summary>
internal sealed class SystemProcesses(int appHost)
{
    public const string AppHost = "apphost";
    public const string Generator = "generator";

    // A process is what it was started as; before its exec it looks like its parent.
    private readonly ConcurrentDictionary<(int Id, long StartedAt), string> _names = [];

    /// <summary>The running one of a resource; null: it is down.</summary>
    public Proc? Find(string resource) =>
        ProcFs.All().Where(p => p.Parent == appHost).FirstOrDefault(p => NameOf(p) == resource);

    /// <summary>Each process with the resource that it belongs to, descendants included.</summary>
    public IEnumerable<(string Resource, Proc Process)> All()
    {
        var all = ProcFs.All().ToDictionary(p => p.Id);
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
            else if (Ancestor(process, all) is { } child)
            {
                yield return (NameOf(child) ?? AppHost, process);
            }
        }
    }

    // The one that is the AppHost's own child.
    private Proc? Ancestor(Proc process, Dictionary<int, Proc> all)
    {
        while (process.Parent != appHost)
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

        var name = ProcFs.Arguments(process.Id) is var arguments && process.Command is not ("setsid" or "setpriv")
            ? Recognise(arguments, process.Id)
            : null;
        if (name is not null)
        {
            _names[(process.Id, process.StartedAt)] = name;
        }

        return name;
    }

    private static string? Recognise(string[] arguments, int id) => arguments switch
    {
        [var program, ..] when Path.GetFileName(program) is "postgres" => "postgres",
        [var program, ..] when Path.GetFileName(program).StartsWith("redis-server", StringComparison.Ordinal) => "cache",
        [_, "exec", var assembly] => ProcFs.Environment(id).GetValueOrDefault(
            "ServiceTokens__Name", Path.GetFileNameWithoutExtension(assembly).ToLowerInvariant()),
        _ => null,
    };
}
