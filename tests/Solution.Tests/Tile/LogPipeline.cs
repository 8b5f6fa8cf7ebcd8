using System.Globalization;
using System.Text.Json.Nodes;

namespace Partner.Solution.Tests.Tile;

/// <summary>
/// The few processors that the pipeline uses, each as Datadog describes it
/// (https://docs.datadoghq.com/logs/log_configuration/processors/).
/// </summary>
internal sealed class LogPipeline(IReadOnlyList<JsonNode> processors)
{
    private static readonly string[] Statuses =
    [
        "emerg",
        "alert",
        "critical",
        "error",
        "warn",
        "notice",
        "info",
        "debug",
        "ok",
    ];

    /// <summary>What the pipeline makes of one log, in the form of the test file's <c>result</c>.</summary>
    public JsonObject Run(string sample)
    {
        var custom = (JsonObject)JsonNode.Parse(sample)!;
        var result = new JsonObject { ["custom"] = custom, ["tags"] = new JsonArray("source:LOGS_SOURCE") };
        foreach (var processor in processors.Where(p => p["enabled"]!.GetValue<bool>()))
        {
            var source = TileFile.Texts(processor["sources"]).FirstOrDefault(custom.ContainsKey);
            if (source is not null)
            {
                Apply(processor, source, custom[source]!, result);
            }
        }

        return result;
    }

    private static void Apply(JsonNode processor, string source, JsonNode value, JsonObject result)
    {
        switch (TileFile.Text(processor, "type"))
        {
            case "date-remapper":
                result["timestamp"] = DateTimeOffset
                    .Parse(value.GetValue<string>(), CultureInfo.InvariantCulture)
                    .ToUnixTimeMilliseconds();
                break;
            case "message-remapper":
                result["message"] = value.DeepClone();
                ((JsonObject)result["custom"]!).Remove(source);
                break;
            case "status-remapper":
                Assert.Contains(value.GetValue<string>(), Statuses);
                result["status"] = value.DeepClone();
                break;
            case "service-remapper":
                result["service"] = value.DeepClone();
                break;
            case "trace-id-remapper":
                Assert.Matches("^[0-9a-f]{16,32}$", value.GetValue<string>());
                break;
            case "attribute-remapper":
                Remap(processor, source, value, result);
                break;
            case var other:
                Assert.Fail($"The tests do not know the processor {other}.");
                break;
        }
    }

    private static void Remap(JsonNode processor, string source, JsonNode value, JsonObject result)
    {
        var custom = (JsonObject)result["custom"]!;
        var target = TileFile.Text(processor, "target");
        if (!processor["preserveSource"]!.GetValue<bool>())
        {
            custom.Remove(source);
        }

        if (TileFile.Text(processor, "targetType") == "tag")
        {
            ((JsonArray)result["tags"]!).Add($"{target}:{value.GetValue<string>().ToLowerInvariant()}");
            return;
        }

        var parts = target.Split('.');
        var parent = custom;
        foreach (var part in parts[..^1])
        {
            parent = (JsonObject)(parent[part] ??= new JsonObject());
        }

        parent[parts[^1]] = value.DeepClone();
    }
}
