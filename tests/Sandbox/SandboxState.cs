using Partner.Sandbox.Intake;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Reads;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox;

/// <summary>All that a sandbox knows. Tests in the same process read it directly.</summary>
public sealed class SandboxState
{
    private volatile Settings _settings = new();

    public SandboxState(SandboxOptions options, TimeProvider clock)
    {
        Clock = clock;
        Clients = [.. options.Clients.Select(client => new Client(client))];
        foreach (var client in options.Clients)
        {
            Issued.Add("client-secret", client.Secret);
        }

        Orgs = new Orgs(clock);
        Grants = new Grants(this);
        Arrivals = new Arrivals(this);
        Incidents = new Incidents(clock);
        Journal = new Journal(clock);
        ReadLimits = new ReadLimits(clock);
    }

    public TimeProvider Clock { get; }

    public IReadOnlyList<Client> Clients { get; }

    public Orgs Orgs { get; }

    public Grants Grants { get; }

    public Arrivals Arrivals { get; }

    public Marks Marks { get; } = new();

    public Incidents Incidents { get; }

    public Journal Journal { get; }

    public ReadLimits ReadLimits { get; }

    public Issued Issued { get; } = new();

    public Holds Holds { get; } = new();

    public Faults Faults { get; } = new();

    public Settings Settings
    {
        get => _settings;
        set => _settings = value;
    }

    public Client? FindClient(string? clientId) => Clients.FirstOrDefault(client => client.Id == clientId);
}
