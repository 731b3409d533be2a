using Bus.Storage;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Orders.Service.Storage.Migrations;

/// <summary>Reprocessing, and what a log is known by.</summary>
[DbContext(typeof(OrdersDbContext))]
[Migration("0005_Version5")]
internal sealed class Version5 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(BusStorageModel.SchemaVersion5);
        migrationBuilder.Sql(SqlText.Read(typeof(Version5).Assembly, "Grants.v5.sql"));
    }
}
