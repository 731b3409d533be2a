using Bus.Storage;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Orders.Service.Storage.Migrations;

/// <summary>Events of one transaction share rows of the outbox.</summary>
[DbContext(typeof(OrdersDbContext))]
[Migration("0007_Version7")]
internal sealed class Version7 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(BusStorageModel.SchemaVersion7);
        migrationBuilder.Sql(SqlText.Read(typeof(Version7).Assembly, "Grants.v7.sql"));
    }
}
