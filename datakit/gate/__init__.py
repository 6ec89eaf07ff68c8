"""The gate: rules over trees and records that decide whether a change of data may enter; it never reads data."""
