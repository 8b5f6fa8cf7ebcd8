using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Partner.Sandbox.Tests;

/// <summary>
/// Statuses and shapes that were seen on the wire, asked of the sandbox. An answer that is the same at every call is
/// kept whole, any other as its shape: every name, and the kind of its value.
/// </summary>
public sealed class RecordingsTests
{
    [Fact]
    public async Task EveryRecordingOfWhatExistsIsAnsweredAlike()
    {
        await using var world = await World.StartAsync();
        world.Set("""{"eventsV2NeedsApplicationKey":false}""");
        var issued = await new OAuthFlow(world).ConnectAsync(world.OrgAt("US1"));
        var minted = await world.MintAsync("US1", issued.Access);
        var key = minted.Json.GetProperty("data").GetProperty("attributes").GetProperty("key").GetString()!;
        var file = Path.Combine(AppContext.BaseDirectory, "Fixtures", "recordings.json");
        var recordings = JsonSerializer.Deserialize<Recording[]>(
            await File.ReadAllTextAsync(file, World.Token),
            JsonSerializerOptions.Web
        )!;

        foreach (var recording in recordings)
        {
            var incident = world.State.Incidents.Of(world.OrgAt("US1")).LastOrDefault()?.Id;
            var reply = await world.SendAsync(recording.Request(key, issued.Access, incident));
            Assert.Equal(
                (recording.Scenario, recording.Status, recording.AnswerType),
                (recording.Scenario, (int)reply.Status, reply.ContentType)
            );
            Assert.Equal(recording.Expected, recording.Answer is null ? Shape(reply.Body) : [reply.Body]);
        }

        Assert.Equal(16, recordings.Length);
    }

    private static List<string> Shape(string body) => [.. Leaves("", JsonNode.Parse(body)).Distinct().Order()];

    private static IEnumerable<string> Leaves(string path, JsonNode? node) =>
        node switch
        {
            JsonObject members => members.SelectMany(m => Leaves($"{path}.{m.Key}", m.Value)),
            JsonArray { Count: 0 } => [$"{path}[]"],
            JsonArray items => items.SelectMany(item => Leaves($"{path}[]", item)),
            null => [$"{path}: null"],
            _ when node.GetValueKind() is JsonValueKind.True or JsonValueKind.False => [$"{path}: boolean"],
            _ => [$"{path}: {node.GetValueKind().ToString().ToLowerInvariant()}"],
        };

    private sealed record Recording(
        string Scenario,
        string Method,
        string Host,
        string Path,
        string Credential,
        string? ContentType,
        JsonNode? Body,
        int Status,
        string AnswerType,
        string? Answer,
        JsonNode? Shape
    )
    {
        public List<string> Expected => Answer is not null ? [Answer] : [.. Kinds("", Shape).Distinct().Order()];

        public HttpRequestMessage Request(string key, string accessToken, string? incident)
        {
            var request = new HttpRequestMessage(new HttpMethod(Method), $"https://{Host}{Named(Path, incident)}");
            if (Credential is "key")
            {
                request.Headers.Add("DD-API-KEY", key);
            }
            else if (Credential is "bearer")
            {
                request.Headers.Authorization = new("Bearer", accessToken);
            }

            if (Body is not null)
            {
                request.Content = new StringContent(
                    Named(Body.ToJsonString(), incident),
                    new MediaTypeHeaderValue(ContentType!)
                );
            }

            return request;
        }

        // In a shape the leaves are the kinds themselves.
        private static IEnumerable<string> Kinds(string path, JsonNode? node) =>
            node switch
            {
                JsonObject members => members.SelectMany(m => Kinds($"{path}.{m.Key}", m.Value)),
                JsonArray { Count: 0 } => [$"{path}[]"],
                JsonArray items => items.SelectMany(item => Kinds($"{path}[]", item)),
                null => [$"{path}: null"],
                _ => [$"{path}: {node.GetValue<string>()}"],
            };

        private static string Named(string text, string? incident) =>
            text.Replace("{incident}", incident, StringComparison.Ordinal);
    }
}
