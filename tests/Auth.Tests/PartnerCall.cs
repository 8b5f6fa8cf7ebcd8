using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Partner.ServiceDefaults;

namespace Partner.Auth.Tests;

/// <summary>One call of the partner API as it comes from the gateway, where a test needs more than the usual.</summary>
internal sealed record PartnerCall(HttpMethod Method, string Path)
{
    public string? Body { get; init; }

    public string? Key { get; init; }

    public string Actor { get; init; } = "test";

    public string Role { get; init; } = "manage";

    public async Task<PartnerAnswer> SendAsync(World world, AuthInstance? auth = null)
    {
        using var request = new HttpRequestMessage(Method, new Uri((auth ?? world.Auth).Url, Path));
        request.Content = Body is null ? null : new StringContent(Body, Encoding.UTF8, "application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            world.Gateway.TokenFor("auth", new ServiceClaims(Actor: Actor, Role: Role))
        );
        if (Key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", Key);
        }

        using var response = await AuthInstance.Http.SendAsync(request);
        return new PartnerAnswer(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            response.Headers.TryGetValues("Idempotency-Replayed", out _),
            response.Headers.RetryAfter?.ToString(),
            response.Headers.Location?.ToString()
        );
    }
}

internal sealed record PartnerAnswer(
    HttpStatusCode Status,
    string Text,
    bool IsRepeated,
    string? RetryAfter,
    string? Location
)
{
    public JsonNode? Body => Text.Length == 0 ? null : JsonNode.Parse(Text);

    public string? Type => Body?["type"]?.GetValue<string>();
}
