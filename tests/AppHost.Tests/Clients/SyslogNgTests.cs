using System.Globalization;
using System.Text.Json.Nodes;
using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests.Clients;

/// <summary>Debian's syslog-ng with its <c>http()</c> destination, as <c>docs/clients.md</c> has it.</summary>
public sealed class SyslogNgTests(WholeSystem system) : IDisposable
{
    private const int Lines = 12;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("partner-syslog-ng-");

    [Theory]
    [InlineData("application/json", """delimiter(",") body-prefix("[") body-suffix("]")""")]
    [InlineData("text/plain", "")]
    public async Task BatchesOfLogsArriveWithTheirFields(string contentType, string batch)
    {
        var tenant = await system.ConnectAsync("syslog-ng");
        var texts = Enumerable.Range(1, Lines).Select(i => $"line {i} of \"twelve\", ü").ToList();
        var input = Path.Combine(_folder.FullName, "input.log");
        await File.WriteAllLinesAsync(input, texts);
        var configuration = Path.Combine(_folder.FullName, "syslog-ng.conf");
        await File.WriteAllTextAsync(configuration, Configuration(tenant, input, contentType, batch));

        using var process = LocalProcess.Start(
            LocalProcess.Find("syslog-ng", "/usr/sbin"),
            "--foreground",
            "--stderr",
            "--no-caps",
            $"--cfgfile={configuration}",
            $"--persist-file={Path.Combine(_folder.FullName, "persist")}",
            $"--pidfile={Path.Combine(_folder.FullName, "pid")}",
            $"--control={Path.Combine(_folder.FullName, "control")}"
        );
        var items = await Until.AnsweredAsync(
            () => system.Sandbox.ItemsAsync(tenant.Org.Id, "logs"),
            items => items.Count >= Lines
        );
        await Command.RunAsync("kill", "-TERM", string.Create(CultureInfo.InvariantCulture, $"{process.Id}"));
        Assert.Equal(0, await process.ExitAsync());

        var logs = items.Select(item => FieldsOf(JsonNode.Parse(item)!, contentType)).ToList();
        Assert.All(logs, log => Assert.Equal(("shop", "syslog"), (Text(log, "service"), Text(log, "ddsource"))));
        Assert.Equal(
            texts.Order(StringComparer.Ordinal),
            logs.Select(log => Text(log, "message")).Order(StringComparer.Ordinal)
        );
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Configuration(ConnectedTenant tenant, string input, string contentType, string batch) =>
        $$"""
            @version: 3.38
            source lines { file("{{input}}" flags(no-parse) follow-freq(0.1)); };
            destination gateway {
              http(
                url("{{system.Gateway}}api/v2/logs")
                headers("DD-API-KEY: {{tenant.Key.Key}}", "Content-Type: {{contentType}}")
                body("$(format-json message=$MESSAGE service=shop ddsource=syslog)")
                batch-lines(5) batch-timeout(100) {{batch}}
              );
            };
            log { source(lines); destination(gateway); };
            """;

    // A line of text is a log's text, in which Datadog's pipelines find the JSON.
    private static JsonNode FieldsOf(JsonNode log, string contentType) =>
        contentType == "text/plain" ? JsonNode.Parse(Text(log, "message")!)! : log;

    private static string? Text(JsonNode log, string name) => log[name]?.GetValue<string>();
}
