using System.Security.Cryptography;
using Partner.Bench.Machine;
using Partner.Testing;

namespace Partner.Bench.Tests;

/// <summary>With the senders' own scripts, so a column that goes by another name shows here and not in an hour's run.</summary>
public sealed class SenderDatabaseTests : IAsyncLifetime
{
    private const int Rows = 20;
    private const int BodyBytes = 100_000;

    private TestDatabase _database = null!;
    private SenderDatabase _measured = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync("services/Senders/Sending/Migrations", "logs");
        _measured = SenderDatabase.ForAdministrator(_database.ConnectionString, "any");
    }

    public async ValueTask DisposeAsync()
    {
        await _measured.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task WhatWaitsIsCountedWithItsDisk()
    {
        var empty = await _measured.WaitingAsync();
        Assert.Equal((0, 0, 0, 0), (empty.Segments, empty.Items, empty.RawBytes, empty.BodyBytes));
        Assert.Null(empty.DiskPerRawByte);

        await InsertAsync();

        var full = await _measured.WaitingAsync();
        Assert.Equal(
            (Rows, Rows * 7, Rows * BodyBytes * 4, Rows * BodyBytes),
            (full.Segments, full.Items, full.RawBytes, full.BodyBytes)
        );
        // Random bodies are not compressed again, and a row has little beside its body.
        Assert.InRange(full.CompactBytes, full.BodyBytes, full.BodyBytes * 1.2);
        Assert.Equal(full.CompactBytes / (4.0 * Rows * BodyBytes), full.DiskPerRawByte!.Value, 0.001);
        Assert.True(full.FileBytes >= full.CompactBytes);

        await _database.ExecuteAsync("DELETE FROM segments WHERE id >= $1", Rows / 2L);
        var half = await _measured.WaitingAsync();
        Assert.InRange(half.CompactBytes, half.BodyBytes, full.CompactBytes * 0.7);
        Assert.True(half.FileBytes >= full.CompactBytes);
    }

    [Fact]
    public async Task TheLogOfAnInsertHasItsBodies()
    {
        var before = await _measured.WalAsync();
        await InsertAsync();
        Assert.True(await _measured.WalAsync() - before >= Rows * BodyBytes);
    }

    private async Task InsertAsync()
    {
        for (var id = 0L; id < Rows; id++)
        {
            await _database.ExecuteAsync(
                """
                INSERT INTO segments (id, epoch, connection, variant, items, raw_bytes, oldest_at, accepted_at, links, checksum, body)
                VALUES ($1, 1, 'con_1', '', 7, $2, 0, now(), '', 0, $3)
                """,
                id,
                BodyBytes * 4,
                RandomNumberGenerator.GetBytes(BodyBytes)
            );
        }
    }
}
