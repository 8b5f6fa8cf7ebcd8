using Partner.Testing.PartnerApi;
using Xunit;

namespace Partner.Testing;

/// <summary>
/// What a sender with an outbox promises beside: its success means committed, and what it took goes out later, by
/// <see cref="Intake"/>.
/// </summary>
public abstract class OutboxSenderContract : SenderContract
{
    private LoopbackIntake? _intake;

    /// <summary>Of the site's hosts, the one that takes its batches.</summary>
    protected abstract string Product { get; }

    protected LoopbackIntake Intake => _intake ??= new LoopbackIntake(Product);

    protected sealed override string Scripts => "services/Senders/Sending/Migrations";

    protected sealed override HttpMessageHandler Upstream => Intake;

    protected sealed override IReadOnlyList<string> Clients { get; } = ["IntakeClient", "AuthClient", "VaultClient", "RouterClient"];

    [Fact]
    public Task TheDocumentOfThePartnerApiSaysWhatTheEndpointsAre() =>
        PartnerApiDescription.AssertUpToDateAsync(App, "services/Senders/Sending", Name);

    [Fact]
    public async Task WhatIsTakenArrivesWithTheConnectionsKeyAndIsThenSettled()
    {
        foreach (var (path, _, body) in ValidRequests)
        {
            using var response = await PostAsync(path, body);
        }

        for (var i = 0; i < 3_000 && await Database.ScalarAsync<long>("SELECT count(*) FROM segments") > 0; i++)
        {
            await Task.Delay(20);
        }

        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM segments"));
        // They may share batches, so it is enough that something came, and nothing for anybody else.
        Assert.NotEmpty(Intake.Taken);
        Assert.All(Intake.Taken, r => Assert.Equal((Connection.Text, $"key-of-{Connection.Text}"), (r.Connection, r.Key)));
    }
}
