using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Partner.Sandbox.Tests;

/// <summary>Statuses and shapes that were seen on the wire, asked of the sandbox.</summary>
public sealed class RecordingsTests
{
    [Fact]
    public async Task EveryRecordingOfWhatExistsIsAnsweredAlike()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        var file = Path.Combine(AppContext.BaseDirectory, "Fixtures", "recordings.json");
        var recordings = JsonSerializer.Deserialize<Recording[]>(
            await File.ReadAllTextAsync(file, World.Token), JsonSerializerOptions.Web)!;

        foreach (var recording in recordings)
        {
            var reply = await world.SendAsync(recording.Request(key));
            Assert.Equal(
                (recording.Scenario, recording.Status, recording.ContentType, recording.Answer.ToJsonString()),
                (recording.Scenario, (int)reply.Status, reply.ContentType, reply.Body));
        }

        Assert.Equal(4, recordings.Length);
    }

    private sealed record Recording(
        string Scenario,
        string Method,
        string Host,
        string Path,
        bool Key,
        JsonNode? Body,
        int Status,
        string ContentType,
        JsonNode Answer)
    {
        public HttpRequestMessage Request(string key)
        {
            var request = new HttpRequestMessage(new HttpMethod(Method), $"https://{Host}{Path}");
            if (Key)
            {
                request.Headers.Add("DD-API-KEY", key);
            }

            if (Body is not null)
            {
                request.Content = new StringContent(Body.ToJsonString(), Encoding.UTF8, "application/json");
            }

            return request;
        }
    }
}
