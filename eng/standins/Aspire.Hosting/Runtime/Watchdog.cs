using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Runtime;

/// <summary>
/// Ends the children when the AppHost ends without doing so, even by SIGKILL: a shell that reads a pipe which only the
/// AppHost writes to. (A parent-death signal would fire when the thread that started the child ends.)
/// </summary>
internal sealed class Watchdog : IAsyncDisposable
{
    // Lines: "+ <pid> <signal>", "- <pid>". At the pipe's end each child gets its signal, two seconds later SIGKILL.
    private const string Script = """
        trap '' INT TERM HUP
        children=""
        while read -r change pid signal; do
          case $change in
            +) children="$children $pid:$signal" ;;
            -) kept=""; for c in $children; do [ "${c%%:*}" = "$pid" ] || kept="$kept $c"; done; children=$kept ;;
          esac
        done
        for c in $children; do kill -"${c##*:}" "${c%%:*}" 2>/dev/null; done
        for i in 1 2 3 4 5 6 7 8 9 10; do
          alive=""
          for c in $children; do kill -0 "${c%%:*}" 2>/dev/null && alive="$alive $c"; done
          [ -z "$alive" ] && break
          sleep 0.2
        done
        for c in $children; do kill -KILL -- "-${c%%:*}" 2>/dev/null; done
        rm -rf -- "$1"
        """;

    private readonly Lock _lock = new();
    private readonly Process _process;

    /// <param name="dataDirectory">Removed at the end, however the end comes.</param>
    public Watchdog(string dataDirectory)
    {
        var info = new ProcessStartInfo(ChildProcess.Find("setsid")) { RedirectStandardInput = true, WorkingDirectory = "/" };
        foreach (var argument in new[] { "/bin/sh", "-c", Script, "apphost-watchdog", dataDirectory })
        {
            info.ArgumentList.Add(argument);
        }

        _process = Process.Start(info)!;
    }

    public void Add(int processId, int signal) => Write(string.Create(CultureInfo.InvariantCulture, $"+ {processId} {signal}"));

    public void Remove(int processId) => Write(string.Create(CultureInfo.InvariantCulture, $"- {processId}"));

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            try
            {
                _process.StandardInput.Close();
            }
            catch (IOException)
            {
                // As above.
            }
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Write(string line)
    {
        lock (_lock)
        {
            if (!_process.StandardInput.BaseStream.CanWrite)
            {
                return;
            }

            try
            {
                _process.StandardInput.WriteLine(line);
                _process.StandardInput.Flush();
            }
            catch (IOException)
            {
                // Somebody has killed the watchdog: an orderly stop works without it.
            }
        }
    }
}
