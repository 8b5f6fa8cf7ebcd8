using System.Diagnostics;
using System.Text.RegularExpressions;
using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>services/Gateway/FIRST-HOUR.md, every command of it in one shell, and a person for its browser.</summary>
public sealed partial class FirstHourTests(WholeSystem system)
{
    [Fact]
    public async Task EveryCommandOfThePageWorks()
    {
        Assert.SkipUnless(await HasCurlAsync(), "curl is not installed.");
        var page = await File.ReadAllTextAsync(Repository.PathOf("services/Gateway/FIRST-HOUR.md"));
        var blocks = Block().Matches(page).Select(m => m.Groups[1].Value).ToArray();
        using var shell = new BashSession(
            ("GATEWAY", system.Gateway.ToString().TrimEnd('/')),
            ("TOKEN", system.PartnerToken)
        );
        var connected = false;
        foreach (var block in blocks)
        {
            var output = await shell.RunAsync(block);
            if (Link().Match(output) is { Success: true } link)
            {
                connected = true;
                using var person = new Person();
                var org = await system.Sandbox.CreateOrgAsync("us1", "First Hour Inc");
                await Connecting.FromSessionAsync(
                    person,
                    new ConnectSession(new Uri(link.Groups[1].Value), DateTimeOffset.MaxValue),
                    org
                );
            }
        }

        Assert.True(connected);
    }

    private static async Task<bool> HasCurlAsync()
    {
        try
        {
            using var curl = Process.Start(
                new ProcessStartInfo("curl", "--version") { RedirectStandardOutput = true }
            )!;
            await curl.StandardOutput.ReadToEndAsync();
            await curl.WaitForExitAsync();
            return curl.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    [GeneratedRegex("^```sh\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^Open (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Link();

    /// <summary>One shell that ends at the first command that fails, as a script would.</summary>
    private sealed class BashSession : IDisposable
    {
        private const string End = "--end-of-block--";
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

        private readonly Process _bash;
        private readonly List<string> _errors = [];

        public BashSession(params (string Name, string Value)[] variables)
        {
            var start = new ProcessStartInfo("bash", ["-eu", "-o", "pipefail"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach (var (name, value) in variables)
            {
                start.Environment[name] = value;
            }

            _bash = Process.Start(start)!;
            _bash.ErrorDataReceived += (_, line) =>
            {
                lock (_errors)
                {
                    _errors.Add(line.Data ?? "");
                }
            };
            _bash.BeginErrorReadLine();
        }

        public async Task<string> RunAsync(string block)
        {
            // In braces it is read whole before it runs, so that no command can take the next one for its input.
            await _bash.StandardInput.WriteAsync($"{{\n{block}\n}} </dev/null\nprintf '\\n{End}\\n'\n");
            await _bash.StandardInput.FlushAsync();
            var lines = new List<string>();
            while (await _bash.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
            {
                if (line == End)
                {
                    return string.Join('\n', lines);
                }

                lines.Add(line);
            }

            Assert.Fail($"The shell ended in:\n{block}\n{string.Join('\n', lines)}\n{string.Join('\n', _errors)}");
            return "";
        }

        public void Dispose()
        {
            if (!_bash.HasExited)
            {
                _bash.Kill(entireProcessTree: true);
            }

            _bash.Dispose();
        }
    }
}
