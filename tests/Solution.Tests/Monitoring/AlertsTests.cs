using System.Diagnostics;
using System.Text.RegularExpressions;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Partner.Solution.Tests.Monitoring;

/// <summary>
/// deploy/monitoring/alerts.yaml asks for what there is. That metrics.csv is what the services measure is a test of each.
/// </summary>
public sealed partial class AlertsTests
{
    private const string Folder = "deploy/monitoring";

    private static readonly Lazy<IReadOnlyList<Alert>> Alerts = new(() => Read(TextOf("alerts.yaml")));

    [Fact]
    public async Task EveryMetricAndLabelOfAnAlertIsExported()
    {
        Assert.True(Alerts.Value.Count > 30);
        Assert.Equal([], await MistakesAsync(Alerts.Value));
    }

    [Fact]
    public void EveryAlertHasASeverityASummaryAndARunbook()
    {
        Assert.Equal([], Alerts.Value.SelectMany(IncompleteIn));
        Assert.Equal(Alerts.Value.Count, Alerts.Value.DistinctBy(alert => alert.Name).Count());
    }

    /// <summary>Each of these was once a mistake in an alert that nobody would have seen until it was needed.</summary>
    [Theory]
    [InlineData("rate(partner_sending_items_dropped[5m]) > 0", "partner_sending_items_dropped")]
    [InlineData("partner_sending_backlog_age > 1", "partner_sending_backlog_age")]
    [InlineData("partner_sending_backlog_size > 1", "partner_sending_backlog_size")]
    [InlineData("sum by (sender) (partner_sending_memory_bytes) > 1", "sender")]
    [InlineData("partner_sending_lanes{status=\"parked\"} > 1", "status")]
    [InlineData("rate(partner_sending_commit_duration_bucket[5m]) > 1", "partner_sending_commit_duration_bucket")]
    [InlineData("sum by (le) (rate(partner_sending_commit_duration_seconds_count[5m])) > 1", "le")]
    public async Task AWrongNameIsFound(string expression, string wrong)
    {
        var mistake = Assert.Single(await MistakesAsync([new Alert("X", expression, [], [])]));
        Assert.EndsWith($" {wrong}", mistake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("info", "a summary", "docs/operations.md#failure-modes", "severity")]
    [InlineData("critical", "", "docs/operations.md#failure-modes", "summary")]
    [InlineData("critical", "of {{ $labels.nobody }}", "docs/operations.md#failure-modes", "nobody")]
    [InlineData("critical", "a summary", "docs/operations.md#no-such-heading", "no-such-heading")]
    public void AnIncompleteAlertIsFound(string severity, string summary, string runbook, string wrong)
    {
        var alert = new Alert(
            "X",
            "sum by (partner_sender) (partner_sending_memory_bytes) > 1",
            new() { ["severity"] = severity },
            new() { ["summary"] = summary, ["runbook_url"] = runbook }
        );
        Assert.Contains(wrong, Assert.Single(IncompleteIn(alert)), StringComparison.Ordinal);
    }

    /// <summary>What they fire by, and what not, says Prometheus's own tool: alerts.test.yaml.</summary>
    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public void EachAlertFiresByWhatItIsFor()
    {
        Assert.True(
            Run("promtool", "--version").Code == 0,
            "promtool is not installed; ./dev setup tests all installs it."
        );
        var folder = Directory.CreateTempSubdirectory("alerts-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "rules.yaml"), PlainRules());
            var tests = Path.Combine(folder, "alerts.test.yaml");
            File.WriteAllText(tests, TextOf("alerts.test.yaml"));
            var (valid, mistakes) = Run(
                "promtool",
                "check",
                "rules",
                "--lint-fatal",
                Path.Combine(folder, "rules.yaml")
            );
            Assert.True(valid == 0, mistakes);
            var (passed, failures) = Run("promtool", "test", "rules", tests);
            Assert.True(passed == 0, failures);
            Assert.All(
                Alerts.Value,
                alert => Assert.Contains($"alertname: {alert.Name}\n", TextOf("alerts.test.yaml"))
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<IReadOnlyList<string>> MistakesAsync(IEnumerable<Alert> alerts)
    {
        var exported = await PrometheusNames.OfTheListAsync();
        return
        [
            .. from alert in alerts
            from use in Promql.Read(alert.Expr).Uses
            from wrong in exported.TryGetValue(use.Metric, out var labels) ? use.Labels.Except(labels) : [use.Metric]
            select $"{alert.Name}: there is no {wrong}",
        ];
    }

    private static IEnumerable<string> IncompleteIn(Alert alert)
    {
        var summary = alert.Annotations.GetValueOrDefault("summary", "");
        if (alert.Labels.GetValueOrDefault("severity") is not ("critical" or "warning"))
        {
            yield return $"{alert.Name}: its severity is neither critical nor warning";
        }

        if (summary.Length == 0)
        {
            yield return $"{alert.Name}: it has no summary";
        }

        foreach (var label in LabelInText().Matches(summary).Select(m => m.Groups[1].Value))
        {
            if (!Promql.Read(alert.Expr).Results.Contains(label))
            {
                yield return $"{alert.Name}: its summary shows the label {label}, which its result does not have";
            }
        }

        var runbook = alert.Annotations.GetValueOrDefault("runbook_url", "").Split('#');
        if (
            runbook.Length != 2
            || !File.Exists(Path.Combine(Checkout.Root, runbook[0]))
            || !Anchors(Path.Combine(Checkout.Root, runbook[0])).Contains(runbook[1])
        )
        {
            yield return $"{alert.Name}: there is no {string.Join('#', runbook)}";
        }
    }

    // As GitHub makes them of headings.
    private static HashSet<string> Anchors(string document) =>
        [
            .. File.ReadLines(document)
                .Where(line => line.StartsWith('#'))
                .Select(line =>
                    NotInAnchors().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-')
                ),
        ];

    private static string TextOf(string file) => File.ReadAllText(Path.Combine(Checkout.Root, Folder, file));

    // As the first lines of alerts.yaml say.
    private static string PlainRules() =>
        string.Join(
            '\n',
            TextOf("alerts.yaml")
                .Split('\n')
                .SkipWhile(line => line != "  groups:")
                .Select(line => line.StartsWith("  ", StringComparison.Ordinal) ? line[2..] : line)
        );

    private static IReadOnlyList<Alert> Read(string yaml)
    {
        var deserializer = new DeserializerBuilder()
            .WithNamingConvention(CamelCaseNamingConvention.Instance)
            .IgnoreUnmatchedProperties()
            .Build();
        return
        [
            .. deserializer
                .Deserialize<Rule>(yaml)
                .Spec.Groups.SelectMany(group => group.Rules)
                .Select(rule => new Alert(rule.Alert, rule.Expr, rule.Labels, rule.Annotations)),
        ];
    }

    private static (int Code, string Output) Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
            )!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + error.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return (127, missing.Message);
        }
    }

    [GeneratedRegex(@"\$labels\.([a-z_]+)")]
    private static partial Regex LabelInText();

    [GeneratedRegex("[^a-z0-9 _-]")]
    private static partial Regex NotInAnchors();

    private sealed record Alert(
        string Name,
        string Expr,
        Dictionary<string, string> Labels,
        Dictionary<string, string> Annotations
    );

    private sealed class Rule
    {
        public Spec Spec { get; set; } = new();
    }

    private sealed class Spec
    {
        public List<Group> Groups { get; set; } = [];
    }

    private sealed class Group
    {
        public List<AlertRule> Rules { get; set; } = [];
    }

    private sealed class AlertRule
    {
        public string Alert { get; set; } = "";

        public string Expr { get; set; } = "";

        public Dictionary<string, string> Labels { get; set; } = [];

        public Dictionary<string, string> Annotations { get; set; } = [];
    }
}
