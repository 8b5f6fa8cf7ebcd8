using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Partner.AppHost;

/// <summary>
/// The data of one run's own servers. It goes when the run has ended, also when the AppHost was killed: a process of its
/// own waits for that.
/// </summary>
internal sealed class RunFolder
{
    private static readonly ConditionalWeakTable<IDistributedApplicationBuilder, RunFolder> Folders = [];

    private readonly Lock _lock = new();
    private bool _open;

    private RunFolder()
    {
        Path = System.IO.Path.Combine(
            System.IO.Path.GetTempPath(),
            $"datadog-aspire-{Environment.ProcessId}-{Guid.CreateVersion7().ToString("N")[^8..]}"
        );
    }

    public string Path { get; }

    public static RunFolder Of(IDistributedApplicationBuilder builder) =>
        Folders.GetValue(builder, _ => new RunFolder());

    public void Open()
    {
        lock (_lock)
        {
            if (_open)
            {
                return;
            }

            Directory.CreateDirectory(Path);
            // The orchestrator ends the servers some seconds after the AppHost has gone; until then the folder is theirs.
            using var janitor = Process.Start(
                new ProcessStartInfo("setsid", ["--fork", "sh", "-c", Janitor, $"{Environment.ProcessId}", Path])
                {
                    RedirectStandardInput = true,
                }
            );
            _open = true;
        }
    }

    private const string Janitor = """
        exec </dev/null >/dev/null 2>&1
        cd /
        tail --pid="$0" -f /dev/null
        tries=0
        for pid in $(head -qn 1 "$1"/*/postmaster.pid); do
            while kill -0 "$pid" && [ "$tries" -lt 600 ]; do sleep 0.1; tries=$((tries + 1)); done
        done
        rm -rf "$1"
        """;
}
