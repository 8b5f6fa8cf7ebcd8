using System.Text.Json;

namespace Partner.Demo;

/// <summary>What a test or a demo asks of the sandbox: its orgs, what arrived, hold and release.</summary>
public sealed class SandboxAdmin(Uri address) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly HttpClient _http = new(Loopback.Handler()) { BaseAddress = address };

    public Uri Address => address;

    public async Task<SandboxOrg> CreateOrgAsync(string site, string name)
    {
        using var response = await _http.PostAsJsonAsync("_sandbox/orgs", new { site, name });
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<SandboxOrg>(Json))!;
    }

    /// <summary>An API key that the org's own people make.</summary>
    public async Task<string> CreateKeyAsync(string org)
    {
        using var response = await _http.PostAsync($"_sandbox/orgs/{org}/keys", null);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<MadeKey>(Json))!.Key;
    }

    /// <summary>The authority behind every Datadog host.</summary>
    /// <returns>Its file, in PEM.</returns>
    public async Task<string> WriteAuthorityAsync(string folder)
    {
        var file = Path.Combine(folder, "datadog.pem");
        await File.WriteAllTextAsync(file, await _http.GetStringAsync("_sandbox/ca.pem"));
        return file;
    }

    public async Task<IReadOnlyList<Arrival>> ArrivalsAsync() =>
        await _http.GetFromJsonAsync<List<Arrival>>("_sandbox/arrivals", Json) ?? [];

    /// <summary>The items that arrived for an org, as their bytes were.</summary>
    public async Task<IReadOnlyList<string>> ItemsAsync(string org, string type)
    {
        var lines = await _http.GetStringAsync($"_sandbox/arrivals/items?org={org}&type={type}");
        return lines.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public Task HoldAsync(object where) => PostAsync("hold", where);

    public Task ReleaseAsync() => PostAsync("release", new { });

    public Task FaultAsync(object fault) => PostAsync("faults", fault);

    public Task ClearFaultsAsync() => DeleteAsync("faults");

    /// <summary>As an administrator of the org does it, on Datadog's own page.</summary>
    public Task RevokeGrantsAsync(string org) => DeleteAsync($"orgs/{org}/grants");

    /// <summary>Every grant of an org, as the sandbox sees it.</summary>
    public async Task<IReadOnlyList<GrantAtDatadog>> GrantsAsync(string org) =>
        (await _http.GetFromJsonAsync<List<OrgAtDatadog>>("_sandbox/orgs", Json) ?? []).Single(o => o.Id == org).Grants;

    public async Task<Issued> IssuedAsync() => (await _http.GetFromJsonAsync<Issued>("_sandbox/issued", Json))!;

    public async Task ChangeAsync(object settings)
    {
        using var response = await _http.PatchAsJsonAsync("_sandbox/settings", settings);
        response.EnsureSuccessStatusCode();
    }

    public void Dispose() => _http.Dispose();

    private async Task DeleteAsync(string what)
    {
        using var response = await _http.DeleteAsync($"_sandbox/{what}");
        response.EnsureSuccessStatusCode();
    }

    private async Task PostAsync(string what, object body)
    {
        using var response = await _http.PostAsJsonAsync($"_sandbox/{what}", body);
        response.EnsureSuccessStatusCode();
    }
}

internal sealed record MadeKey(string Key);

/// <param name="Secrets">Every secret that the sandbox gave or was told, and of which kind.</param>
/// <param name="InAddresses">Those that came to it in an address.</param>
public sealed record Issued(IReadOnlyDictionary<string, string> Secrets, IReadOnlyList<InAddress> InAddresses);

public sealed record InAddress(string Kind, string Method, string Host, string Path);

/// <param name="Refreshes">How often its tokens were renewed.</param>
/// <param name="Repeats">How often a refresh token came that had been rotated before.</param>
public sealed record GrantAtDatadog(string Id, bool Revoked, int Refreshes, int Repeats);

public sealed record OrgAtDatadog(string Id, IReadOnlyList<GrantAtDatadog> Grants);

public sealed record SandboxOrg(string Id, string Site, string Name);

/// <summary>How much of a type arrived at one host for one org.</summary>
public sealed record Arrival(string Site, string Host, string Path, string Org, string Type, long Requests, long Items);
